/** Kafka keeps the contract of the log. */
import { KafkaLog } from '../../src/adapters/kafka/kafka-log.js';
import { DEFAULT_KAFKA_TIMING } from '../../src/adapters/kafka/options.js';
import { SILENT } from '../../src/ops/logger.js';
import { useKafka } from '../services/use.js';
import { logContract } from './log.contract.js';

const brokers = await useKafka();

logContract('kafka', async () => {
  const opened: KafkaLog[] = [];
  const connect = async (): Promise<KafkaLog> => {
    const log = new KafkaLog({
      brokers: [brokers],
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
