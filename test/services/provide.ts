/** Which server a run uses: one that the environment names, else a container, else a local process. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { startContainer } from './containers.js';
import { startKafka } from './kafka-server.js';
import { type Kind, type Provided, WAYS } from './kinds.js';
import { startRedis } from './redis-server.js';
import { startRegistry } from './registry-server.js';
import { startS3 } from './s3-server.js';

/** Where servers come from; tests of this file have their own. */
export interface Sources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Undefined where no Docker runs; throws where the image cannot be had. */
  readonly container: (kind: Kind) => Promise<Provided | undefined>;
  readonly local: (kind: Kind) => Promise<Provided>;
  readonly say: (line: string) => void;
}

const SOURCES: Sources = {
  environment: process.env,
  container: startContainer,
  local: startLocal,
  say: (line) => void process.stderr.write(`${line}\n`),
};

/** A server of this kind that answers. Throws with the ways to get one where there is none. */
export async function provide(
  kind: Kind,
  { environment, container, local, say }: Sources = SOURCES,
): Promise<Provided> {
  const { variable, example, image, needs } = WAYS[kind];
  const named = environment[variable]?.trim();
  if (named !== undefined && named !== '') return atAddress(kind, named);
  try {
    const provided = await container(kind);
    if (provided !== undefined) return provided;
  } catch (error) {
    say(`no ${kind} from Docker, a local process serves instead (${messageOf(error).split('\n')[0] ?? ''})`);
  }
  try {
    return await local(kind);
  } catch (error) {
    throw new Error(
      `no ${kind} for the tests: ${messageOf(error)}\nAny of these gives one:\n` +
        `  ${variable}=${example} (the address of one that runs)\n` +
        `  Docker with the image ${image}\n` +
        `  ${needs}`,
      { cause: error },
    );
  }
}

/** Nothing is started, and nothing stopped. */
async function atAddress(kind: Kind, address: string): Promise<Provided> {
  const { variable, example } = WAYS[kind];
  const first = address.split(',')[0] ?? '';
  const text = first.includes('://') ? first : `kafka://${first}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === '')
    throw new Error(`${variable} is "${address}": give an address such as ${example}`);
  const socket = connect({ host: url.hostname, port: Number(url.port || DEFAULT_PORTS[url.protocol]) });
  try {
    await once(socket, 'connect');
  } catch {
    throw new Error(`${variable} is "${address}", where nothing listens: start it, or take the variable away`);
  } finally {
    socket.destroy();
  }
  return { address, from: 'environment', stop: async () => undefined };
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  'kafka:': 9092,
  'redis:': 6379,
  'rediss:': 6379,
  'http:': 80,
  'https:': 443,
};

async function startLocal(kind: Kind): Promise<Provided> {
  const local = (address: string, server: { stop(): Promise<void> }): Provided => ({
    address,
    from: 'process',
    stop: () => server.stop(),
  });
  switch (kind) {
    case 'kafka': {
      const server = await startKafka();
      return local(server.brokers, server);
    }
    case 'redis': {
      const server = await startRedis();
      return local(server.url, server);
    }
    case 'registry': {
      const server = await startRegistry();
      return local(server.url, server);
    }
    case 's3': {
      const server = await startS3();
      return local(server.url, server);
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
