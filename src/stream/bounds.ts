/** What the log holds of a task's inputs, and whether it still holds what is unread. */
import { TaskStopped } from '../ports/errors.js';
import type { Position } from '../ports/log.js';
import { type HealContext, INPUTS } from './task-context.js';

/**
 * First and end offsets of a task's topics, as they are now.
 * @throws TaskStopped when a topic has another number of partitions than states are made with
 */
export async function bounds({
  log,
  task,
  settings,
  layout,
}: HealContext): Promise<{ first: Position; end: Position }> {
  const [interactions, profiles] = await Promise.all(
    INPUTS.map(async (input) => {
      const extents = await log.extents(settings.topics[input]);
      if (extents.length === layout.partitions) return extents[task.partition];
      throw new TaskStopped(
        'partitions-changed',
        `"${settings.topics[input]}" has ${extents.length} partitions now, and the service began with ${layout.partitions}: ` +
          'users lie on other partitions, and those that are new are not read. Stop the service and move its inputs to new ' +
          'topics: see "Where it was raised all the same" in docs/operations.md',
      );
    }),
  );
  const side = (which: 'first' | 'end'): Position => ({
    interactions: interactions?.[which] ?? 0,
    profiles: profiles?.[which] ?? 0,
  });
  return { first: side('first'), end: side('end') };
}

/** @throws TaskStopped when inputs after the position were deleted before they were read. */
export function checkUnread({ task, settings }: HealContext, position: Position, first: Position): void {
  for (const input of INPUTS) {
    if (first[input] > position[input]) {
      throw new TaskStopped(
        'inputs-deleted',
        `"${settings.topics[input]}" ${task.partition} begins at ${first[input]}, but is processed up to ${position[input]} only: records between ` +
          'them were deleted unread, and states would miss them. Restore the log, or move the group on deliberately',
      );
    }
  }
}
