/** What a task is doing, as whoever watches it is told. */
import type { StopReason } from '../ports/errors.js';
import type { Position } from '../ports/log.js';
import type { BatchCounts } from './report.js';

export const TASK_PHASES = [
  'waiting',
  'taking-over',
  'healing',
  'running',
  'lost',
  'paused',
  'stopped',
  'ended',
] as const;
type TaskPhase = (typeof TASK_PHASES)[number];

export interface TaskStatus {
  readonly partition: number;
  readonly phase: TaskPhase;
  /** Next offsets to process; undefined before the first take-over. */
  readonly position: Position | undefined;
  /** What the stored states reflect, as last seen. */
  readonly marker: Position | undefined;
  /** Records between position and the log's end, as last seen. */
  readonly lag: number | undefined;
  /** Most records of the next batch. */
  readonly batchLimit: number;
  readonly lastError: string | undefined;
  readonly stopReason: StopReason | undefined;
  /** Since this member was given the task. */
  readonly counts: BatchCounts;
}

const NO_COUNTS: BatchCounts = { records: 0, lists: 0, deadLetters: 0, unchanged: 0 };

/** A task that nothing is known of yet. */
export function newStatus(partition: number, batchLimit: number): TaskStatus {
  return {
    partition,
    phase: 'waiting',
    position: undefined,
    marker: undefined,
    lag: undefined,
    batchLimit,
    lastError: undefined,
    stopReason: undefined,
    counts: NO_COUNTS,
  };
}

export function addCounts(a: BatchCounts, b: BatchCounts): BatchCounts {
  return {
    records: a.records + b.records,
    lists: a.lists + b.lists,
    deadLetters: a.deadLetters + b.deadLetters,
    unchanged: a.unchanged + b.unchanged,
  };
}
