/** Cutting user sequences out of the log's: which rows of which users, in a vocabulary's numbers. */
import { at, Float64Column, Int32Column } from '../columns.js';
import type { NumberedSequences } from './accepted.js';
import type { UserSequences } from './sequences.js';

/** Rows [from, to) of one user. */
export interface Range {
  readonly user: number;
  readonly from: number;
  readonly to: number;
}

export interface NumberedVocabulary {
  /** Item ids by vocabulary index: the most frequent first, equal ones by id. */
  readonly items: readonly string[];
  /** Vocabulary index by the sequences' item number; -1 for items outside. */
  readonly index: Int32Array;
}

/** All rows of a user. */
export function rangeOf(sequences: NumberedSequences, user: number): Range {
  return { user, from: at(sequences.offsets, user), to: at(sequences.offsets, user + 1) };
}

/** The part of the range before a time, which is a beginning of it. */
export function before(sequences: NumberedSequences, range: Range, time: number): Range {
  let to = range.from;
  while (to < range.to && at(sequences.times, to) < time) to++;
  return { ...range, to };
}

export function lengthOf(range: Range): number {
  return range.to - range.from;
}

/** The items that these ranges hold. */
export function vocabularyOf(sequences: NumberedSequences, ranges: readonly Range[]): NumberedVocabulary {
  const counts = new Int32Array(sequences.itemIds.length);
  for (const { from, to } of ranges) {
    for (const item of sequences.items.subarray(from, to)) counts[item] = at(counts, item) + 1;
  }
  const items = sequences.itemIds
    .map((id, number) => ({ id, number, count: at(counts, number) }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || (a.id < b.id ? -1 : 1));
  const index = new Int32Array(sequences.itemIds.length).fill(-1);
  for (const [place, { number }] of items.entries()) index[number] = place;
  return { items: items.map(({ id }) => id), index };
}

/** The ranges without items outside the vocabulary; those of fewer than two items left are dropped. */
export function cutOut(
  sequences: NumberedSequences,
  ranges: readonly Range[],
  { index }: NumberedVocabulary,
): UserSequences {
  const users: string[] = [];
  const offsets = new Int32Column();
  const items = new Int32Column();
  const times = new Float64Column();
  offsets.push(0);
  for (const { user, from, to } of ranges) {
    let known = 0;
    for (let row = from; row < to; row++) if (at(index, at(sequences.items, row)) >= 0) known++;
    if (known < 2) continue;
    for (let row = from; row < to; row++) {
      const item = at(index, at(sequences.items, row));
      if (item < 0) continue;
      items.push(item);
      times.push(at(sequences.times, row));
    }
    users.push(sequences.users[user] ?? '');
    offsets.push(items.length);
  }
  return { users, offsets: offsets.view().slice(), items: items.view().slice(), times: times.view().slice() };
}
