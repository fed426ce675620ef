/** Kafka keeps the contract of the log. */
import { afterAll, beforeAll } from 'vitest';
import { KafkaLog } from '../../src/adapters/kafka/kafka-log.js';
import { DEFAULT_KAFKA_TIMING } from '../../src/adapters/kafka/options.js';
import { SILENT } from '../../src/ops/logger.js';
import { type KafkaServer, startKafka } from '../services/kafka-server.js';
import { logContract } from './log.contract.js';

let kafka: KafkaServer;
beforeAll(async () => {
  kafka = await startKafka();
});
afterAll(() => kafka?.stop());

logContract('kafka', async () => {
  const opened: KafkaLog[] = [];
  const connect = async (): Promise<KafkaLog> => {
    const log = new KafkaLog({
      brokers: [kafka.brokers],
      clientId: 'test',
      compression: 'none',
      timing: { ...DEFAULT_KAFKA_TIMING, heartbeat: 100 },
      logger: SILENT,
    });
    opened.push(log);
    return log;
  };
  return {
    log: await connect(),
    another: connect,
    dispose: async () => {
      await Promise.all(opened.map((log) => log.close()));
    },
  };
});
