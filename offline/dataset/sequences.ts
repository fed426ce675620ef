/** A split: what training, the SAE, calibration and evaluation read. In one vocabulary, as columns, on disk as is. */
import type { Snapshot } from '../../src/checkpoint/manifest.js';

/** Sequences of users, oldest item first, at least two items each. */
export interface UserSequences {
  readonly users: readonly string[];
  /** User u: items[offsets[u] .. offsets[u + 1]). Length: users + 1. */
  readonly offsets: Int32Array;
  /** Vocabulary indexes. */
  readonly items: Int32Array;
  /** Of the items, ms; never decreasing for one user. */
  readonly times: Float64Array;
}

export const SPLIT_KINDS = ['paper', 'leave-one-out', 'global-time'] as const;
export type SplitKind = (typeof SPLIT_KINDS)[number];

/** Some rows of a part, one user's after another's. */
export interface SequenceRows {
  /** Vocabulary indexes. */
  readonly items: Int32Array;
  /** ms */
  readonly times: Float64Array;
}

/** The sequences of a part that is too large to be held. */
export interface SequencesSource {
  readonly users: readonly string[];
  /** As in UserSequences. */
  readonly offsets: Int32Array;
  /** All rows, from the first user's first. */
  rows(): AsyncIterable<SequenceRows>;
}

/** All of a split but its sequences. */
export interface SplitHead {
  readonly kind: SplitKind;
  readonly seed: number;
  /** The part of the log that it was made from. */
  readonly snapshot: Snapshot;
  /** The vocabulary: item ids by index, the most frequent in training first. */
  readonly items: readonly string[];
  /** By item index; the id where the catalogue has none. */
  readonly titles: readonly string[];
  /** Attributes that at least one item of the vocabulary bears, by name. */
  readonly attributeNames: readonly string[];
  /** Item indexes by attribute, ascending. */
  readonly attributeItems: readonly Int32Array[];
}

export interface SplitParts<Sequences> {
  /** Sequences that GPTRec learns from. */
  readonly train: Sequences;
  /** The last item of each sequence is the target, everything before it the history; so also for `test`. */
  readonly validation: Sequences;
  /** Sequences whose activations the SAE learns from. */
  readonly sae: Sequences;
  readonly test: Sequences;
}

export type Split = SplitHead & SplitParts<UserSequences>;
