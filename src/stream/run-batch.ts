/**
 * One batch of a task (DESIGN.md "Delivery"): 1. read the states, reduce, recommend; 2. ONE transaction of the log with
 * lists, dead letters and offsets; 3. ONE fenced write of the store, which may be put off and be one with that of the next
 * batch (unwritten.ts). Whatever fails between 2 and 3 is healed by whoever owns the task next, so nothing here is ever
 * retried in place.
 */
import type { Polled } from '../ports/log.js';
import type { UserState } from '../state/user-state.js';
import { expiriesOf, reduceBatch, requestsOf, usersOf } from './batch.js';
import { granted } from './fenced.js';
import { type BatchReport, outcomesOf, StageClock } from './report.js';
import type { Running, TaskContext } from './task-context.js';

/** @throws OwnershipLost, OutcomeUnknown, Unavailable: the whole take-over again; TaskStopped */
export async function runBatch(context: TaskContext, own: Running, polled: Polled): Promise<BatchReport> {
  const { settings, decode, outputs, recommender, now, onStep, gate } = context;
  const { taskLog, hot, unwritten } = own;
  await onStep('polled');

  const clock = new StageClock();
  const recommend = recommender.begin();
  const inputs = await decode(polled.records);
  const states = await statesOf(context, own, usersOf(inputs));
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
  const [committedAt, committedOn] = [performance.now(), now()];
  await onStep('committed');

  // What was read and stays as it is in the store.
  hot.put(new Map([...states].filter(([user]) => !reduced.states.has(user) && !unwritten.states.has(user))));
  unwritten.add(reduced.states, polled.next);
  // A rebalance waits for this batch: whoever has the task after it need not heal.
  if (unwritten.isDue || gate.isClosed) await writeStates(context, own);
  else await onStep('put-off');
  return {
    kind: 'batch',
    records: inputs.length,
    lists: lists.length,
    deadLetters: deadLetters.length,
    unchanged: reduced.unchanged,
    outcomes: outcomesOf(polled.records, reduced, settings.topics),
    deadReasons: reduced.dead.map(({ reason }) => reason),
    stages: clock.ms,
    committedAt,
    ages: reduced.owed.map(({ record }) => committedOn - record.timestamp),
  };
}

/** Brings the store to the position, where it is behind. @throws as runBatch */
export async function writeStates({ store, task, onStep, observe }: TaskContext, own: Running): Promise<void> {
  const { token, hot, unwritten } = own;
  if (unwritten.isEmpty) return;
  const { marker: from, position: to, states } = unwritten;
  const write = { from, to, states: [...states.values()], expiries: expiriesOf(states) };
  const started = performance.now();
  granted(await store.write(task, token, write), 'write states');
  observe({ kind: 'stored', ms: performance.now() - started });
  hot.put(states);
  unwritten.written();
  await onStep('stored');
}

/** States whose write was put off, those that are hot, and for the others one checked read of the store. */
async function statesOf(
  { store, task }: TaskContext,
  { token, hot, unwritten }: Running,
  users: readonly string[],
): Promise<ReadonlyMap<string, UserState>> {
  const known = new Map(hot.of(users));
  for (const user of users) {
    const state = unwritten.states.get(user);
    if (state) known.set(user, state);
  }
  const missing = users.filter((user) => !known.has(user));
  if (missing.length === 0) return known;
  return new Map([...known, ...granted(await store.read(task, token, unwritten.marker, missing), 'read states')]);
}
