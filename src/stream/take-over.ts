/**
 * Take-over: how a task becomes ours, in this order and no other (DESIGN.md "Delivery"):
 *
 *   (a) fence the log   (b) in that transaction commit our token as a sentinel; fix a position that is missing once the
 *   sentinel shows   (c) write the token to the store   (d) read offsets until they show the sentinel   (e) read the marker
 *
 * From (c) on every earlier owner is refused by both stores, so what (d) and (e) read stays true while we own the task.
 */
import { randomUUID } from 'node:crypto';
import { TaskStopped } from '../ports/errors.js';
import type { Position, TaskLog } from '../ports/log.js';
import { granted } from './fenced.js';
import { bounds } from './bounds.js';
import { HotStates } from './hot-states.js';
import { describePosition, START } from './position.js';
import { INPUTS, type Ownership, type HealContext } from './task-context.js';

export interface TakenOver extends Ownership {
  /** Every input before it is settled: its lists, if it owed any, are committed. */
  readonly committed: Position;
  /** What the stored states reflect: at or behind `committed`. */
  readonly marker: Position;
}

/** @throws OwnershipLost, OutcomeUnknown, Unavailable: all of it again; TaskStopped: a person is needed. */
export async function takeOver(context: HealContext): Promise<TakenOver> {
  const { log, store, task, settings, layout, onStep } = context;
  await checkLayout(context);
  // Random, never counted: a store that went back in time would count to the same number twice.
  const token = randomUUID();
  // States without a committed offset would mean lists that nobody knows of: only an empty store makes a first start.
  const start = (await store.peekMarker(task)) === undefined ? settings.start : 'none';
  const taskLog = await log.takeOver(settings.group, settings.topics, task, token, start);
  try {
    await onStep('fenced');
    await store.claim(task, token, layout);
    await checkLayout(context);
    await onStep('claimed');
    const committed = await taskLog.settled();
    await onStep('settled');
    const marker = granted(await store.marker(task, token), 'read the marker') ?? START;
    await checkPositions(context, committed, marker);
    return { token, taskLog, hot: new HotStates(settings.hotStates), committed, marker };
  } catch (error) {
    await close(taskLog);
    throw error;
  }
}

/** Gives up the log's side of a task. It is dead anyway, so a failure to say so changes nothing. */
export async function close(taskLog: TaskLog): Promise<void> {
  await taskLog.close().catch(() => undefined);
}

async function checkLayout({ store, layout, task }: HealContext): Promise<void> {
  if (task.partition >= layout.partitions) {
    throw new TaskStopped(
      'partitions-changed',
      `partition ${task.partition} was added to the inputs after the service began, with ${layout.partitions}: see ` +
        '"Where it was raised all the same" in docs/operations.md',
    );
  }
  const stored = await store.layout();
  if (stored === undefined) return;
  if (stored.partitions !== layout.partitions) {
    throw new TaskStopped(
      'partitions-changed',
      `the stored states belong to ${stored.partitions} partitions, the topics have ${layout.partitions}: users lie in ` +
        'other partitions now. Begin with an empty state store and topics that were written anew',
    );
  }
  if (stored.settings !== layout.settings) {
    throw new TaskStopped(
      'settings-changed',
      `the stored states were made with ${stored.settings}, the configuration says ${layout.settings}: go back to the ` +
        'earlier settings, or begin with an empty state store, which heals from the log',
    );
  }
}

async function checkPositions(context: HealContext, committed: Position, marker: Position): Promise<void> {
  const { task, settings } = context;
  const { end } = await bounds(context);
  for (const input of INPUTS) {
    if (committed[input] > end[input] || marker[input] > committed[input]) {
      throw new TaskStopped(
        'marker-beyond-log',
        `"${settings.topics[input]}" ${task.partition} ends at ${end[input]}, committed is ${describePosition(committed)} and the states reflect ` +
          `${describePosition(marker)}: is this another log? Restore the log, or begin with an empty state store`,
      );
    }
  }
}
