/**
 * What an intervention does to the top 10 of many users: share of an attribute, NDCG. One unsteered forward call serves
 * every strength (see last-position.ts).
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor2D } from '@tensorflow/tfjs';
import { adapt, type AdapterWeights } from '../../src/model/adapter.js';
import { type Edit, isModelEdit, type ModelEdit } from '../../src/model/edit.js';
import { type EditAt, edited } from '../../src/model/edited.js';
import { disposePrefix, type Prefix, readPrefix, scoresFrom } from '../../src/model/last-position.js';
import type { SteerableModel } from '../../src/model/score.js';
import { isAt, type Place } from '../../src/model/shapes.js';
import type { SteeringWeights } from '../../src/model/steering-weights.js';
import { topK } from '../../src/model/top-k.js';
import type { TestCase } from './cases.js';
import { rankingMetrics } from './ranking-metrics.js';
import type { RankingMetrics } from '../../src/checkpoint/manifest.js';

/** The same for every user, in the order in which it acts: where the SAE reads, after every block, on the scores. */
export interface Intervention {
  readonly edits?: readonly ModelEdit[];
  /** What the edits' directions and adapters are; the model's own unless given. */
  readonly steering?: SteeringWeights;
  /** [d], added where the SAE reads; given instead of edits. */
  readonly direction?: Float32Array;
  /** Turns x, where the SAE reads, towards a unit vector [d], at equal length: (1 - amount) x + amount |x| towards. */
  readonly dial?: { readonly towards: Float32Array; readonly amount: number };
  /** [d] for each block, added to the residual stream after it. */
  readonly shifts?: readonly Float32Array[];
  /** Moves the residual stream after the last block by amount * u(x). */
  readonly adapter?: { readonly weights: AdapterWeights<Float32Array>; readonly amount: number };
  /** Added to the scores of the items; by case where the amounts are many. */
  readonly score?: { readonly items: Int32Array; readonly amount: number | Float32Array };
}

/** Edits as an engine is given them; at most one of them a score term. */
export function interventionOf(edits: readonly Edit[], itemsOf: (attribute: number) => Int32Array): Intervention {
  const score = edits.find((edit) => edit.kind === 'score');
  return {
    edits: edits.filter(isModelEdit),
    ...(score && { score: { items: itemsOf(score.attribute), amount: score.amount } }),
  };
}

export interface SweepPoint {
  readonly lists: readonly Int32Array[];
  readonly metrics: RankingMetrics;
}

const BATCH = 256;
const LIST = 10;

interface Part {
  /** Index of its first case. */
  readonly start: number;
  readonly cases: readonly TestCase[];
  readonly seen: readonly ReadonlySet<number>[];
  readonly prefix: Prefix;
  /** Unsteered scores [B, V]. */
  readonly scores: Float32Array;
}

/** Cases made ready for interventions. To be closed. */
export class SweepBench {
  readonly #model: SteerableModel;
  readonly #place: Place;
  readonly #parts: Part[] = [];
  readonly #cases: readonly TestCase[];
  readonly #items: number;
  /** The unsteered lists. */
  readonly base: SweepPoint;

  constructor(model: SteerableModel, cases: readonly TestCase[], { window, items }: { window: number; items: number }) {
    if (model.sae === undefined) throw new Error('interventions need an SAE');
    this.#model = model;
    this.#place = model.sae.shape;
    this.#cases = cases;
    this.#items = items;
    for (let start = 0; start < cases.length; start += BATCH) {
      const part = cases.slice(start, start + BATCH);
      const windows = part.map(({ history }) => history.subarray(-window));
      const prefix = readPrefix(model, windows, firstPlace(this.#place));
      const tensor = scoresFrom(model, prefix, prefix.last);
      const scores = tensor.dataSync<'float32'>().slice();
      tensor.dispose();
      this.#parts.push({ start, cases: part, seen: part.map(({ history }) => new Set(history)), prefix, scores });
    }
    this.base = this.run({});
  }

  run(intervention: Intervention): SweepPoint {
    const lists = this.#parts.flatMap((part) => rankPart(part, this.#scores(part, intervention), this.#items));
    return { lists, metrics: rankingMetrics(lists, this.#cases, this.#items) };
  }

  /** For each case, the unsteered model's probability that the next item is one of these. */
  massOf(items: Int32Array): Float64Array {
    const V = this.#items;
    return Float64Array.from(
      this.#parts.flatMap(({ cases, scores }) =>
        cases.map((_, b) => softmaxMass(scores.subarray(b * V, (b + 1) * V), items)),
      ),
    );
  }

  close(): void {
    for (const { prefix } of this.#parts.splice(0)) disposePrefix(prefix);
  }

  #scores({ start, prefix, scores }: Part, intervention: Intervention): Float32Array {
    const edit = this.#editOf(intervention, prefix.last.shape[0]);
    const steered = edit ? this.#scoresWith(prefix, edit) : scores;
    const { score } = intervention;
    if (score === undefined) return steered;
    const { items, amount } = score;
    return withScoreTerm(steered, this.#items, items, (b) =>
      typeof amount === 'number' ? amount : (amount[start + b] ?? 0),
    );
  }

  #editOf(intervention: Intervention, B: number): EditAt | undefined {
    const { edits = [], steering = this.#model.steering, direction, dial, shifts, adapter } = intervention;
    const everyone = Array.from({ length: B }, () => edits);
    const latent = edited({ ...this.#model, ...(steering && { steering }) }, everyone);
    if (!latent && !direction && !dial && !shifts && !adapter) return undefined;
    const { gptrec } = this.#model;
    return (x, place) => {
      const isThere = isAt(this.#place, place);
      let states = latent ? latent(x, place) : x;
      if (isThere && direction) states = states.add(direction);
      if (isThere && dial) states = turned(states, dial);
      if (place.site !== 'block') return states;
      const shift = shifts?.[place.layer - 1];
      const shifted: Tensor2D = shift ? states.add(shift) : states;
      if (!adapter || place.layer !== gptrec.blocks.length) return shifted;
      const { weights, amount } = adapter;
      return shifted.add(adapt(gptrec, adapterTensors(weights), states).mul(amount));
    };
  }

  #scoresWith(prefix: Prefix, edit: EditAt): Float32Array {
    const tensor = tf.tidy(() => scoresFrom(this.#model, prefix, edit(prefix.last, prefix), edit));
    const values = tensor.dataSync<'float32'>().slice();
    tensor.dispose();
    return values;
  }
}

/** Where the first intervention may act: where the SAE reads, or after the first block. */
const firstPlace = (place: Place): Place => (place.layer === 1 ? place : { layer: 1, site: 'block' });

function adapterTensors({ inWeight, inBias, outWeight, outBias }: AdapterWeights<Float32Array>): AdapterWeights {
  const [H, d] = [inBias.length, outBias.length];
  return {
    inWeight: tf.tensor2d(inWeight, [d, H]),
    inBias: tf.tensor1d(inBias),
    outWeight: tf.tensor2d(outWeight, [H, d]),
    outBias: tf.tensor1d(outBias),
  };
}

const turned = (x: Tensor2D, { towards, amount }: NonNullable<Intervention['dial']>): Tensor2D =>
  x.mul(1 - amount).add(x.norm('euclidean', 1, true).mul(amount).mul(towards));

function softmaxMass(scores: Float32Array, items: Int32Array): number {
  const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = scores.reduce((sum, score) => sum + Math.exp(score - most), 0);
  return items.reduce((sum, item) => sum + Math.exp((scores[item] ?? -Infinity) - most), 0) / total;
}

function withScoreTerm(
  scores: Float32Array,
  V: number,
  items: Int32Array,
  amountOf: (row: number) => number,
): Float32Array {
  const changed = scores.slice();
  for (let b = 0; b * V < changed.length; b++) {
    const amount = amountOf(b);
    for (const item of items) changed[b * V + item] = (changed[b * V + item] ?? 0) + amount;
  }
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
