/**
 * What an intervention does to the top 10 of many users: share of an attribute, NDCG. One unsteered forward call serves
 * every strength (see last-position.ts).
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor2D } from '@tensorflow/tfjs';
import type { LatentEdit } from '../../src/model/edit.js';
import { disposePrefix, type Prefix, readPrefix, scoresFrom } from '../../src/model/last-position.js';
import type { SteerableModel } from '../../src/model/score.js';
import { steer } from '../../src/model/steer.js';
import { topK } from '../../src/model/top-k.js';
import type { TestCase } from './cases.js';
import { rankingMetrics } from './ranking-metrics.js';
import type { RankingMetrics } from '../../src/checkpoint/manifest.js';

/** The same for every user: latent edits, or a vector added where the SAE reads, or constants added to items' scores. */
export interface Intervention {
  readonly edits?: readonly LatentEdit[];
  /** [d]; given instead of edits. */
  readonly direction?: Float32Array;
  /** With a direction: [d] for each later block, added to the residual stream after it. */
  readonly later?: readonly Float32Array[];
  readonly score?: { readonly items: Int32Array; readonly amount: number };
}

export interface SweepPoint {
  readonly lists: readonly Int32Array[];
  readonly metrics: RankingMetrics;
}

const BATCH = 256;
const LIST = 10;

interface Part {
  readonly cases: readonly TestCase[];
  readonly seen: readonly ReadonlySet<number>[];
  readonly prefix: Prefix;
  /** Unsteered scores [B, V]. */
  readonly scores: Float32Array;
}

/** Cases made ready for interventions. To be closed. */
export class SweepBench {
  readonly #model: SteerableModel;
  readonly #parts: Part[] = [];
  readonly #cases: readonly TestCase[];
  readonly #items: number;
  /** The unsteered lists. */
  readonly base: SweepPoint;

  constructor(model: SteerableModel, cases: readonly TestCase[], { window, items }: { window: number; items: number }) {
    if (model.sae === undefined) throw new Error('interventions need an SAE');
    this.#model = model;
    this.#cases = cases;
    this.#items = items;
    for (let start = 0; start < cases.length; start += BATCH) {
      const part = cases.slice(start, start + BATCH);
      const prefix = readPrefix(
        model,
        part.map(({ history }) => history.subarray(-window)),
        model.sae.shape,
      );
      const tensor = scoresFrom(model, prefix, prefix.last);
      const scores = tensor.dataSync<'float32'>().slice();
      tensor.dispose();
      this.#parts.push({ cases: part, seen: part.map(({ history }) => new Set(history)), prefix, scores });
    }
    this.base = this.run({});
  }

  run(intervention: Intervention): SweepPoint {
    const lists = this.#parts.flatMap((part) => rankPart(part, this.#scores(part, intervention), this.#items));
    return { lists, metrics: rankingMetrics(lists, this.#cases, this.#items) };
  }

  close(): void {
    for (const { prefix } of this.#parts.splice(0)) disposePrefix(prefix);
  }

  #scores({ prefix, scores }: Part, { edits = [], direction, later = [], score }: Intervention): Float32Array {
    const { sae } = this.#model;
    const { last } = prefix;
    let steered = scores;
    if (direction) steered = this.#scoresOf(prefix, tf.add(last, direction), later);
    else if (edits.length > 0 && sae) {
      const everyone = Array.from({ length: last.shape[0] }, () => edits);
      steered = this.#scoresOf(prefix, steer(last, sae, everyone));
    }
    return score ? withScoreTerm(steered, this.#items, score) : steered;
  }

  /** Consumes x. */
  #scoresOf(prefix: Prefix, x: Tensor2D, later: readonly Float32Array[] = []): Float32Array {
    const tensor = scoresFrom(this.#model, prefix, x, (states, layer) => {
      const shift = later[layer - prefix.layer - 1];
      return shift ? states.add(shift) : states;
    });
    const values = tensor.dataSync<'float32'>().slice();
    tensor.dispose();
    x.dispose();
    return values;
  }
}

function withScoreTerm(
  scores: Float32Array,
  V: number,
  { items, amount }: { items: Int32Array; amount: number },
): Float32Array {
  const changed = scores.slice();
  for (let row = 0; row < changed.length; row += V)
    for (const item of items) changed[row + item] = (changed[row + item] ?? 0) + amount;
  return changed;
}

function rankPart({ cases, seen }: Part, scores: Float32Array, V: number): Int32Array[] {
  return cases.map((_, b) => topK(scores.subarray(b * V, (b + 1) * V), LIST, (item) => seen[b]?.has(item) ?? false));
}

/** Mean share of the listed items that bear the attribute. */
export function attributeShare(lists: readonly Int32Array[], items: Int32Array): number {
  const bearers = new Set(items);
  let listed = 0;
  let bearing = 0;
  for (const list of lists) {
    listed += list.length;
    for (const item of list) if (bearers.has(item)) bearing++;
  }
  return listed === 0 ? 0 : bearing / listed;
}
