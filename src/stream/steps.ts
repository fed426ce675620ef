/** The boundaries between the steps of a task: where a crash may fall, and what metrics and traces count. */
import type { Task } from '../ports/log.js';

export const STEP_NAMES = [
  /** Earlier owners are fenced, the sentinel is committed, a missing position is fixed. */
  'fenced',
  /** The store holds our token. */
  'claimed',
  /** The committed position shows our sentinel. */
  'settled',
  /** A chunk to heal was read and reduced; nothing is written. */
  'heal-read',
  /** The chunk's states and marker are written. */
  'heal-written',
  /** Healed: from here on records are polled. */
  'running',
  'polled',
  /** States were read and the batch was reduced. */
  'reduced',
  'recommended',
  /** Everything is ready for the transaction. */
  'committing',
  /** Lists, dead letters and offsets are committed; the store does not know yet. */
  'committed',
  /** The write of states will be one with that of the next batch, if more records wait. */
  'put-off',
  /** The store follows: states and marker are written. */
  'stored',
  /** A poll brought nothing. */
  'idle',
  /** The task is to be given up; a batch in flight is still finished. */
  'revoking',
  'handed-over',
] as const;
export type StepName = (typeof STEP_NAMES)[number];

/** Told of every step. A promise is waited for: tests stop time, or the process, inside it. */
export type OnStep = (step: StepName, task: Task) => void | Promise<void>;
