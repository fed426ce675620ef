/** What the stream tells whoever watches it. Numbers only: watching neither changes nor delays anything. */
import type { DeadLetterReason } from '../events/events.js';
import type { LogRecord, Position } from '../ports/log.js';
import type { ReducedBatch } from './batch.js';
import type { StreamTopics } from './settings.js';

/** What a batch did. */
export interface BatchCounts {
  readonly records: number;
  readonly lists: number;
  readonly deadLetters: number;
  readonly unchanged: number;
}

/**
 * The parts of a batch's time: decoding, reading and reducing states; waiting until no other task recommends;
 * recommending; the log's transaction. The store's write may be that of several batches, and is reported by itself.
 */
export type Stage = 'reduce' | 'wait' | 'recommend' | 'commit';

/** What a record led to: a state that changed, nothing, a dead letter. */
export const OUTCOMES = ['changed', 'unchanged', 'dead'] as const;
type Outcome = (typeof OUTCOMES)[number];

export const INTERRUPTIONS = ['lost', 'paused', 'stopped'] as const;

export interface BatchReport extends BatchCounts {
  readonly kind: 'batch';
  readonly outcomes: Readonly<Record<keyof Position, Readonly<Record<Outcome, number>>>>;
  /** Of each dead letter. */
  readonly deadReasons: readonly DeadLetterReason[];
  /** Ms of each stage that there was. */
  readonly stages: Readonly<Partial<Record<Stage, number>>>;
  /** When the commit was confirmed, as performance.now() has it. */
  readonly committedAt: number;
  /** For each input that owed a list: ms from its timestamp in the log to the commit. Clocks differ: it may be negative. */
  readonly ages: readonly number[];
}

export type StreamReport =
  | BatchReport
  /** The store follows: so long took the write of states. */
  | { readonly kind: 'stored'; readonly ms: number }
  | { readonly kind: 'taken-over' }
  /** States were made up to a further position, so many offsets on. */
  | { readonly kind: 'healed'; readonly input: keyof Position; readonly records: number }
  | { readonly kind: 'interrupted'; readonly how: (typeof INTERRUPTIONS)[number] };

export type Observe = (report: StreamReport) => void;

/** Measures stages that follow one another. */
export class StageClock {
  readonly ms: Partial<Record<Stage, number>> = {};
  #since = performance.now();

  /** The stage that began where the one before ended is over. */
  over(stage: Stage): void {
    const now = performance.now();
    this.ms[stage] = now - this.#since;
    this.#since = now;
  }
}

/** What became of the records of a batch, by the topic they came from. */
export function outcomesOf(
  records: readonly LogRecord[],
  { owed, dead }: Pick<ReducedBatch, 'owed' | 'dead'>,
  topics: Pick<StreamTopics, keyof Position>,
): BatchReport['outcomes'] {
  const from = (topic: string): Record<Outcome, number> => {
    const isFrom = ({ record }: { readonly record: LogRecord }): boolean => record.topic === topic;
    const all = records.filter((record) => record.topic === topic).length;
    const [changed, bad] = [owed.filter(isFrom).length, dead.filter(isFrom).length];
    return { changed, unchanged: all - changed - bad, dead: bad };
  };
  return { interactions: from(topics.interactions), profiles: from(topics.profiles) };
}
