/**
 * One batch of a task (DESIGN.md "Delivery"): 1. read the states, reduce, recommend; 2. ONE transaction of the log with
 * lists, dead letters and offsets; 3. ONE fenced write of the store. Whatever fails between 2 and 3 is healed by whoever
 * owns the task next, so nothing here is ever retried in place.
 */
import type { Polled, Position } from '../ports/log.js';
import type { UserState } from '../state/user-state.js';
import { expiriesOf, reduceBatch, requestsOf, usersOf } from './batch.js';
import { granted } from './fenced.js';
import { type BatchReport, outcomesOf, StageClock } from './report.js';
import type { Ownership, TaskContext } from './task-context.js';

/** @throws OwnershipLost, OutcomeUnknown, Unavailable: the whole take-over again; TaskStopped */
export async function runBatch(
  context: TaskContext,
  own: Ownership,
  from: Position,
  polled: Polled,
): Promise<BatchReport> {
  const { store, task, settings, decode, outputs, recommender, now, onStep } = context;
  const { token, taskLog, hot } = own;
  await onStep('polled');

  const clock = new StageClock();
  const recommend = recommender.begin();
  const inputs = await decode(polled.records);
  const states = await statesOf(context, own, from, usersOf(inputs));
  const reduced = reduceBatch(inputs, states, settings.reducer);
  clock.over('reduce');
  await onStep('reduced');
  const requests = requestsOf(reduced.owed, settings.emit, now());
  const onTurn = (): void => {
    clock.over('wait');
  };
  const lists = requests.length === 0 ? [] : await recommend(requests, onTurn);
  if (requests.length > 0) clock.over('recommend');
  await onStep('recommended');

  const deadLetters = reduced.dead.map((dead) => outputs.deadLetter(dead, now()));
  await onStep('committing');
  await taskLog.commit([...lists.map((list) => outputs.list(list)), ...deadLetters], polled.next);
  clock.over('commit');
  const committedAt = now();
  await onStep('committed');

  const write = { from, to: polled.next, states: [...reduced.states.values()], expiries: expiriesOf(reduced.states) };
  granted(await store.write(task, token, write), 'write states');
  hot.put(new Map([...states, ...reduced.states]));
  clock.over('store');
  await onStep('stored');
  return {
    kind: 'batch',
    records: inputs.length,
    lists: lists.length,
    deadLetters: deadLetters.length,
    unchanged: reduced.unchanged,
    outcomes: outcomesOf(polled.records, reduced, settings.topics),
    deadReasons: reduced.dead.map(({ reason }) => reason),
    stages: clock.ms,
    ages: reduced.owed.map(({ record }) => committedAt - record.timestamp),
  };
}

/** States that are hot, and for the others one checked read of the store. */
async function statesOf(
  { store, task }: TaskContext,
  { token, hot }: Ownership,
  at: Position,
  users: readonly string[],
): Promise<ReadonlyMap<string, UserState>> {
  const known = hot.of(users);
  const missing = users.filter((user) => !known.has(user));
  if (missing.length === 0) return known;
  return new Map([...known, ...granted(await store.read(task, token, at, missing), 'read states')]);
}
