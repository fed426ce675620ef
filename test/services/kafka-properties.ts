/** The configuration of a broker for tests: one node, small, quick to start and to come back. */

export const KAFKA_VERSION = '4.4.0';

/** What holds for a process and for a container. */
export const TEST_BROKER = {
  'auto.create.topics.enable': 'false',
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.num.partitions': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'share.coordinator.state.topic.num.partitions': '1',
  'group.initial.rebalance.delay.ms': '0',
  'group.min.session.timeout.ms': '500',
  // A broker that was killed is let in again after a second, where the default is nine.
  'broker.heartbeat.interval.ms': '250',
  'broker.session.timeout.ms': '2000',
  'log.cleaner.dedupe.buffer.size': '1048577',
  // Tests write records of 2001: a broker looks for what is too old every five minutes, in the midst of any of them.
  'log.retention.ms': '-1',
};

export interface Listener {
  readonly name: string;
  readonly protocol: string;
  /** Where it listens, and where clients find it. */
  readonly address: string;
  readonly advertised: string;
}

/** One node's listeners: the controller's beside those for clients, of which `internal` is the broker's own too. */
export function listenerProperties(clients: readonly Listener[], controller: string, internal: string) {
  const all = [...clients, { name: 'CONTROLLER', protocol: 'PLAINTEXT', address: controller }];
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@${controller}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: all.map(({ name, address }) => `${name}://${address}`).join(','),
    'advertised.listeners': clients.map(({ name, advertised }) => `${name}://${advertised}`).join(','),
    'listener.security.protocol.map': all.map(({ name, protocol }) => `${name}:${protocol}`).join(','),
    'inter.broker.listener.name': internal,
  };
}
