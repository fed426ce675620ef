/** What a run left behind: everything that a crash must not change. */
import { createCodec } from '../../src/events/codec.js';
import type { DeadLetter, RecommendationList } from '../../src/events/events.js';
import type { Log, LogRecord } from '../../src/ports/log.js';
import type { StateStore } from '../../src/ports/state-store.js';
import type { UserState } from '../../src/state/user-state.js';
import { TEST_SETTINGS } from './stream.js';

export interface Outcome {
  /** By user, in the order of the log. */
  readonly lists: Readonly<Record<string, readonly RecommendationList[]>>;
  /** By task, in the order of the log. */
  readonly deadLetters: Readonly<Record<string, readonly DeadLetter[]>>;
  /** By `partition/user`. */
  readonly states: Readonly<Record<string, UserState>>;
  readonly markers: readonly unknown[];
}

const lists = createCodec('recommendation-list');
const deadLetters = createCodec('dead-letter');

export async function outcomeOf(
  log: Log,
  store: StateStore,
  users: readonly string[],
  { topics } = TEST_SETTINGS,
): Promise<Outcome> {
  const tasks = (await log.extents(topics.interactions)).map((_, partition) => ({ partition }));
  const states: Record<string, UserState> = {};
  for (const task of tasks) {
    for (const user of users) {
      const state = await store.peek(task, user);
      if (state) states[`${task.partition}/${user}`] = state;
    }
  }
  const listRecords = await recordsOf(log, topics.recommendations);
  const deadRecords = await recordsOf(log, topics.deadLetters);
  return {
    lists: grouped(
      listRecords.map((record) => decoded(lists.decode(record.value!))),
      ({ userId }) => userId,
    ),
    deadLetters: grouped(
      deadRecords.map((record) => decoded(deadLetters.decode(record.value!))),
      ({ source }) => `${source.partition}`,
    ),
    states,
    markers: await Promise.all(tasks.map((task) => store.peekMarker(task))),
  };
}

/** Every record of a topic, partition by partition. */
export async function recordsOf(log: Log, topic: string): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = [];
  for (const [partition, { first }] of (await log.extents(topic)).entries()) {
    records.push(...(await log.read(topic, partition, first, 1_000_000)).records);
  }
  return records;
}

/** Grouped, each group in the order of the log. */
function grouped<T>(outputs: readonly T[], by: (output: T) => string): Record<string, readonly T[]> {
  return Object.groupBy(outputs, by) as Record<string, readonly T[]>;
}

function decoded<T>(
  answer: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string },
): T {
  if (answer.ok) return answer.value;
  throw new Error(answer.message);
}
