/** What an owner does between batches, every few seconds: notice that the world changed under it, and let gains expire. */
import { OwnershipLost, TaskStopped } from '../ports/errors.js';
import { granted } from './fenced.js';
import { bounds, checkUnread } from './bounds.js';
import { describePosition, samePosition, START } from './position.js';
import { INPUTS, type Running, type TaskContext } from './task-context.js';

/**
 * Compares token and marker with ours: a store that went back in time (a failover) is noticed even where nothing
 * happens, and its tail is healed. Returns the task's lag in records.
 * @throws OwnershipLost at a difference; TaskStopped when the log lost what is unread, or ends before the position
 */
export async function watch(context: TaskContext, { token, unwritten }: Running): Promise<number> {
  const { store, task, settings } = context;
  const { position } = unwritten;
  const marker = granted(await store.marker(task, token), 'read the marker') ?? START;
  if (!samePosition(marker, unwritten.marker)) {
    throw new OwnershipLost(
      `the marker is at ${describePosition(marker)}, not at ${describePosition(unwritten.marker)}`,
    );
  }
  const { first, end } = await bounds(context);
  checkUnread(context, position, first);
  let lag = 0;
  for (const input of INPUTS) {
    if (end[input] < position[input]) {
      throw new TaskStopped(
        'marker-beyond-log',
        `"${settings.topics[input]}" ${task.partition} ends at ${end[input]}, but is processed up to ${position[input]}: restore the log`,
      );
    }
    lag += end[input] - position[input];
  }
  return lag;
}
