/**
 * Healing: reduces without emitting until the marker reaches the committed position. The same code serves a crash
 * between commit and store write, a store that lost its tail, an empty store, and the first start on a log with history.
 *
 * The topics are read one after the other: an order between them cannot change a state.
 */
import { TaskStopped } from '../ports/errors.js';
import type { Position, ReadResult } from '../ports/log.js';
import { bounds, checkUnread } from './bounds.js';
import { expiriesOf, reduceBatch, usersOf } from './batch.js';
import { granted } from './fenced.js';
import { offsetAfter, samePosition } from './position.js';
import type { TakenOver } from './take-over.js';
import { INPUTS, type InputName, type HealContext } from './task-context.js';

/** Heals until done, or until told to stop. Returns the marker. @throws as takeOver */
export async function heal(
  context: HealContext,
  taken: TakenOver,
  signal: AbortSignal,
  onProgress: (marker: Position) => void,
): Promise<Position> {
  let marker = taken.marker;
  for (const input of INPUTS) {
    while (marker[input] < taken.committed[input] && !signal.aborted) {
      const from = marker;
      marker = (await context.gate.pass(() => healChunk(context, taken, from, input), signal)) ?? marker;
      onProgress(marker);
    }
  }
  if (samePosition(marker, taken.committed)) checkUnread(context, marker, (await bounds(context)).first);
  return marker;
}

async function healChunk(context: HealContext, taken: TakenOver, from: Position, input: InputName): Promise<Position> {
  const { log, store, task, settings, decode, onStep } = context;
  const target = taken.committed[input];
  const chunk = await log.read(settings.topics[input], task.partition, from[input], settings.healChunk);
  checkHistory(context, chunk, from, input);
  const inputs = await decode(chunk.records.filter(({ offset }) => offset < target));
  const next = offsetAfter(chunk, from[input], `"${settings.topics[input]}" ${task.partition}`);
  const to: Position = { ...from, [input]: Math.min(next, target) };
  const states = granted(await store.read(task, taken.token, from, usersOf(inputs)), 'read states to heal');
  const reduced = reduceBatch(inputs, states, settings.reducer);
  await onStep('heal-read');
  const write = { from, to, states: [...reduced.states.values()], expiries: expiriesOf(reduced.states) };
  granted(await store.write(task, taken.token, write), 'write healed states');
  await onStep('heal-written');
  return to;
}

/** Looks AFTER the chunk was read and before it is used: a log may reset a read silently to what is left of it. */
function checkHistory({ task, settings }: HealContext, chunk: ReadResult, from: Position, input: InputName): void {
  if (chunk.first <= from[input]) return;
  if (from[input] === 0 && settings.healFrom === 'available') return;
  throw new TaskStopped(
    'history-gone',
    `states of partition ${task.partition} reflect "${settings.topics[input]}" up to ${from[input]}, but the log begins ` +
      `at ${chunk.first}: records between them are gone. Restore a snapshot` +
      (from[input] === 0 ? ', or allow states of what is left (healFrom "available")' : ''),
  );
}
