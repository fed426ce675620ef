/** Test cases: the last interaction of each user is the target, what precedes it the history (PAPER.md's protocol). */
import type { LatentEdit } from '../../src/model/edit.js';
import { type SteerableModel, lastScores } from '../../src/model/score.js';
import { topK } from '../../src/model/top-k.js';
import type { UserSequences } from '../dataset/split.js';
import { lastItems, userCount } from '../train/batches.js';

export interface TestCase {
  readonly user: number;
  /** All items before the target, oldest first. */
  readonly history: Int32Array;
  readonly target: number;
}

/** One case for each user of at least two items. */
export function casesOf(sequences: UserSequences): TestCase[] {
  const cases: TestCase[] = [];
  for (let user = 0; user < userCount(sequences); user++) {
    const items = lastItems(sequences, user, Number.MAX_SAFE_INTEGER);
    const target = items.at(-1);
    if (items.length >= 2 && target !== undefined) cases.push({ user, history: items.subarray(0, -1), target });
  }
  return cases;
}

/** Windows scored at once. */
const BATCH = 128;

export interface RankOptions {
  readonly window: number;
  readonly k: number;
  /** Given to every case alike. */
  readonly edits?: readonly LatentEdit[];
  /** Changes a case's scores before they are ranked. */
  readonly rescore?: (scores: Float32Array) => void;
}

/** The top k of each case; items of its history are not listed. */
export function rankCases(model: SteerableModel, cases: readonly TestCase[], options: RankOptions): Int32Array[] {
  const { window, k, edits = [], rescore } = options;
  return scoreCases(model, cases, sliding(window), edits, (scores, { history }) => {
    rescore?.(scores);
    const seen = new Set(history);
    return topK(scores, k, (item) => seen.has(item));
  });
}

/** How many of a history's newest items the model sees, of how many there are. */
export type WindowLength = (items: number) => number;

/** Always the newest ones. */
export const sliding =
  (window: number): WindowLength =>
  (items) =>
    Math.min(window, items);

/** Calls `use` with each case's scores [V] (valid during the call) and returns what it makes of them. */
export function scoreCases<T>(
  model: SteerableModel,
  cases: readonly TestCase[],
  windowLength: WindowLength,
  edits: readonly LatentEdit[],
  use: (scores: Float32Array, testCase: TestCase) => T,
): T[] {
  // By length, so that windows of one batch need little padding.
  const lengths = cases.map(({ history }) => windowLength(history.length));
  const order = [...cases.keys()].sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0));
  const made: T[] = Array.from({ length: cases.length });
  for (let start = 0; start < cases.length; start += BATCH) {
    const indexes = order.slice(start, start + BATCH);
    const part = indexes.flatMap((index) => cases[index] ?? []);
    const scores = lastScores(
      model,
      part.map(({ history }) => history.subarray(-windowLength(history.length))),
      part.map(() => edits),
    );
    const values = scores.dataSync<'float32'>();
    const V = scores.shape[1];
    scores.dispose();
    for (const [b, testCase] of part.entries())
      made[indexes[b] ?? 0] = use(values.subarray(b * V, (b + 1) * V), testCase);
  }
  return made;
}
