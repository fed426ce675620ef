/**
 * What it costs that served windows slide in chunks (src/recommend/window.ts) and not by one item: NDCG@10, items of the
 * history hidden. A served window is at any place of its chunk alike, so users with more items than a window are measured
 * at four places of it, evenly spread, of which the mean counts.
 */
import { topK } from '../../src/model/top-k.js';
import { bootstrap } from '../evaluate/bootstrap.js';
import { casesOf, scoreCases, sliding, type TestCase, type WindowLength } from '../evaluate/cases.js';
import { ndcg } from '../evaluate/ranking-metrics.js';
import type { LoadedTraining } from '../train/run-train.js';

export interface ChunkRow {
  /** Items by which a window's start moves. */
  readonly step: number;
  readonly users: 'test' | 'sae';
  readonly count: number;
  readonly sliding: number;
  readonly chunked: number;
  /** (chunked - sliding) / sliding: its mean, and the central 95 % of a bootstrap over users. */
  readonly change: { readonly mean: number; readonly low: number; readonly high: number };
}

const K = 10;

export function measureChunks({ split, shape, model }: LoadedTraining, steps: readonly number[]): ChunkRow[] {
  const users = split.kind === 'paper' ? (['test', 'sae'] as const) : (['test'] as const);
  return users.flatMap((which) => {
    const cases = casesOf(split[which]);
    const gains = (length: WindowLength): readonly number[] =>
      scoreCases(model, cases, length, [], (scores, one) => gainOf(scores, one));
    const before = gains(sliding(shape.window));
    return steps.map((step) => {
      const places = placesIn(step).map((shorter) => gains(cut(shape.window, shorter)));
      const after = before.map((_, i) => meanOf(places.map((place) => place[i] ?? 0)));
      const [base, chunked] = [meanOf(before), meanOf(after)];
      const { mean, low, high } = bootstrap(
        after.map((gain, i) => (gain - (before[i] ?? 0)) / base),
        1,
      );
      return { step, users: which, count: cases.length, sliding: base, chunked, change: { mean, low, high } };
    });
  });
}

/** By how many items the windows of a chunk are shorter than the longest: 0 to step - 1, and four of these. */
export function placesIn(step: number): readonly number[] {
  const [first, second] = [Math.floor(step / 8), Math.floor((3 * step) / 8)];
  return [first, second, step - 1 - second, step - 1 - first];
}

/** Histories that fit into a window are whole, in chunks as well. */
const cut =
  (window: number, shorter: number): WindowLength =>
  (items) =>
    items <= window ? items : window - shorter;

function gainOf(scores: Float32Array, { history, target }: TestCase): number {
  const seen = new Set(history);
  return ndcg(
    topK(scores, K, (item) => seen.has(item)),
    target,
  );
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
