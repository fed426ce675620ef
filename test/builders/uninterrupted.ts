/** What a run without any fault leaves behind of the inputs of a task. */
import type { RecommendationList } from '../../src/events/events.js';
import type { LogRecord, Position } from '../../src/ports/log.js';
import { decodeState, encodeState } from '../../src/state/state-codec.js';
import type { UserState } from '../../src/state/user-state.js';
import { reduceBatch, requestsOf } from '../../src/stream/batch.js';
import { INPUTS, type TaskContext } from '../../src/stream/task-context.js';

/** One list for each input at or after a position. `records` are all inputs, in the order of their timestamps. */
export async function listsFrom(
  context: TaskContext,
  records: readonly LogRecord[],
  from: Position,
): Promise<readonly RecommendationList[]> {
  const { settings, decode, recommender, now } = context;
  const { owed } = reduceBatch(await decode(records), new Map(), settings.reducer);
  const wanted = owed.filter(({ record }) => !isBefore(context, record, from));
  return recommender.begin()(requestsOf(wanted, 'every-event', now()), () => undefined);
}

/** The states that reflect the inputs before a position, as a store gives them back. */
export async function statesAt(
  context: TaskContext,
  records: readonly LogRecord[],
  at: Position,
): Promise<ReadonlyMap<string, UserState>> {
  const { settings, decode } = context;
  const before = await decode(records.filter((record) => isBefore(context, record, at)));
  const { states } = reduceBatch(before, new Map(), settings.reducer);
  return new Map([...states].map(([user, state]) => [user, decodeState(encodeState(state))]));
}

function isBefore({ settings }: TaskContext, { topic, offset }: LogRecord, position: Position): boolean {
  return INPUTS.some((input) => topic === settings.topics[input] && offset < position[input]);
}
