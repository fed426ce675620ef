/** The same servers as containers, through testcontainers, which also ends them with this process. */
import { listenerProperties, TEST_BROKER } from './kafka-properties.js';
import { type Kind, type Provided, WAYS } from './kinds.js';
import { freePort } from './ports.js';
import { MOTO } from './s3-server.js';

/** A container, undefined where no Docker runs; throws where its image cannot be had. */
export async function startContainer(kind: Kind): Promise<Provided | undefined> {
  const { GenericContainer, Wait, getContainerRuntimeClient } = await import('testcontainers');
  const docker = await getContainerRuntimeClient().catch(() => undefined);
  if (docker === undefined) return undefined;
  const container = new GenericContainer(WAYS[kind].image);
  switch (kind) {
    case 'kafka': {
      // A broker tells its clients its address, so the port has to be known before it starts.
      const port = await freePort();
      const started = await container
        .withEnvironment(kafkaEnvironment(`${docker.info.containerRuntime.host}:${port}`))
        .withExposedPorts({ container: 9092, host: port })
        .withWaitStrategy(Wait.forLogMessage('Kafka Server started'))
        .start();
      return provided(`${started.getHost()}:${port}`, started);
    }
    case 'redis': {
      const command = ['redis-server', '--save', '', '--maxmemory-policy', 'noeviction'];
      const started = await container.withCommand(command).withExposedPorts(6379).start();
      return provided(`redis://${started.getHost()}:${started.getMappedPort(6379)}`, started);
    }
    case 'registry': {
      const base = '/apis/ccompat/v7';
      const ready = Wait.forHttp(`${base}/subjects`, 8080);
      const started = await container.withExposedPorts(8080).withWaitStrategy(ready).start();
      return provided(`http://${started.getHost()}:${started.getMappedPort(8080)}${base}`, started);
    }
    case 's3': {
      const ready = Wait.forHttp('/', 5000);
      const program = container.withEntrypoint(['python', '-c', MOTO, '0.0.0.0', '5000']);
      const started = await program.withExposedPorts(5000).withWaitStrategy(ready).start();
      return provided(`http://${started.getHost()}:${started.getMappedPort(5000)}`, started);
    }
  }
}

function provided(address: string, container: { stop(): Promise<unknown> }): Provided {
  return { address, from: 'docker', stop: () => container.stop().then(() => undefined) };
}

/** The image takes properties as variables: upper case, dots as underscores. */
function kafkaEnvironment(advertised: string): Record<string, string> {
  const listeners = [
    { name: 'PLAINTEXT', protocol: 'PLAINTEXT', address: '0.0.0.0:9092', advertised },
    { name: 'INTERNAL', protocol: 'PLAINTEXT', address: 'localhost:9094', advertised: 'localhost:9094' },
  ];
  const properties = { ...listenerProperties(listeners, 'localhost:9093', 'INTERNAL'), ...TEST_BROKER };
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [`KAFKA_${name.toUpperCase().replaceAll('.', '_')}`, value]),
  );
}
