/** What the stream is told by the configuration. */
import { DEFAULT_REDUCER_SETTINGS, type ReducerSettings } from '../state/user-state.js';

export interface StreamTopics {
  readonly interactions: string;
  readonly profiles: string;
  readonly catalogue: string;
  readonly recommendations: string;
  readonly deadLetters: string;
}

export interface StreamSettings {
  readonly topics: StreamTopics;
  readonly group: string;
  readonly reducer: ReducerSettings;
  /** Where lists begin on a first start; states always come from all of history. */
  readonly start: 'latest' | 'earliest';
  /** A first start on a log whose beginning is gone: stop (`require`), or make states of what is left (`available`). */
  readonly healFrom: 'require' | 'available';
  /** A list for every input, or only for the last input of each user in a batch. */
  readonly emit: 'every-event' | 'latest-per-batch';
  /** Most records of a batch. */
  readonly batchSize: number;
  /** Batches are made so large that reading, reducing and recommending takes about so long, ms. */
  readonly batchMs: number;
  /** States of users that a task keeps in memory beside the store, and puts off writing; some 20 KB each at 200 events. */
  readonly hotStates: number;
  /** Most records healed between two writes of states. */
  readonly healChunk: number;
  /** Records whose value is longer are dead letters. */
  readonly maxRecordBytes: number;
  /** Longest wait of one poll, ms. */
  readonly pollMs: number;
  /** How often a task compares store and log with its position, and looks for expiries, ms. */
  readonly watchMs: number;
  /** A batch looks at the end of the catalogue anew if the last look is older than this, ms. */
  readonly catalogueMs: number;
  /** Pauses after failures: doubling from the first to the longest, ms. */
  readonly backoff: { readonly firstMs: number; readonly longestMs: number };
}

export const DEFAULT_STREAM_SETTINGS: StreamSettings = {
  topics: {
    interactions: 'interactions',
    profiles: 'profiles',
    catalogue: 'catalogue',
    recommendations: 'recommendations',
    deadLetters: 'dead-letters',
  },
  group: 'steerstream',
  reducer: DEFAULT_REDUCER_SETTINGS,
  start: 'latest',
  healFrom: 'require',
  emit: 'every-event',
  batchSize: 500,
  batchMs: 100,
  hotStates: 1000,
  healChunk: 1000,
  maxRecordBytes: 1024 * 1024,
  pollMs: 500,
  watchMs: 2000,
  catalogueMs: 100,
  backoff: { firstMs: 100, longestMs: 10_000 },
};
