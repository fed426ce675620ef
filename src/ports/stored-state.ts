/** What a store kept of a user, as a state. */
import { decodeState } from '../state/state-codec.js';
import type { UserState } from '../state/user-state.js';
import { TaskStopped } from './errors.js';
import type { Task } from './log.js';

/** @throws TaskStopped that names whose state cannot be read: no other owner could, so the process need not end */
export function storedState(bytes: Buffer, { partition }: Task, userId: string): UserState {
  try {
    return decodeState(bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TaskStopped('state-unreadable', `user "${userId}" of partition ${partition}: ${reason}`);
  }
}
