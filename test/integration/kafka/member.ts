/**
 * A member of a group as a process of its own: `member.js BROKERS GROUP INTERACTIONS PROFILES`. It tells its parent what
 * happens to it, answers `beat` when a heartbeat has resolved, and ends by itself once it was told to `leave`.
 */
import { KafkaLog } from '../../../src/adapters/kafka/kafka-log.js';
import { DEFAULT_KAFKA_TIMING } from '../../../src/adapters/kafka/options.js';
import { SILENT } from '../../../src/ops/logger.js';
import type { Task } from '../../../src/ports/log.js';

const [brokers, group, interactions, profiles] = process.argv.slice(2);
if (!brokers || !group || !interactions || !profiles) {
  throw new Error('usage: member.js BROKERS GROUP INTERACTIONS PROFILES');
}

function tell(what: string, tasks: readonly Task[] = []): void {
  process.send?.({ what, tasks: tasks.map(({ partition }) => partition) });
}

const log = new KafkaLog({
  brokers: [brokers],
  clientId: 'member',
  compression: 'none',
  timing: { ...DEFAULT_KAFKA_TIMING, session: 1000, heartbeat: 100 },
  logger: SILENT,
});
const membership = await log.join(
  group,
  { interactions, profiles },
  {
    assigned: (tasks) => {
      tell('assigned', tasks);
    },
    revoked: async (tasks) => {
      tell('revoked', tasks);
    },
    paused: async () => {
      tell('paused');
    },
    resumed: () => {
      tell('resumed');
    },
  },
);
const taskLog = await log.takeOver(group, { interactions, profiles }, { partition: 0 }, 'token', 'earliest');
const stop = new AbortController();
const polling = taskLog.poll(await taskLog.settled(), 10, 60_000, stop.signal);

process.on('message', (told: 'beat' | 'leave') => {
  const done = told === 'beat' ? membership.heartbeat() : leave();
  done.then(() => {
    tell(told);
  }, fail);
});
// Its parent is gone.
process.on('disconnect', () => {
  void leave().catch(fail);
});
tell('ready');

async function leave(): Promise<void> {
  stop.abort();
  await polling;
  await log.close();
  process.removeAllListeners('message');
  if (process.connected) process.send?.({ what: 'closed', tasks: [] }, () => process.channel?.unref());
}

function fail(error: unknown): void {
  tell(String(error));
  process.exitCode = 1;
}
