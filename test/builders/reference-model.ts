/**
 * GPTRec, SAE and edits once more, from their equations, in plain loops of double precision: what the tensor code is
 * held against. Slow, and shares nothing with it but the names of the weights.
 */
import type { Checkpoint, WeightArray } from '../../src/checkpoint/checkpoint.js';
import type { LatentEdit, ModelEdit } from '../../src/model/edit.js';
import type { Site } from '../../src/model/shapes.js';

type Vector = number[];
type Source = Pick<Checkpoint, 'manifest' | 'weights'>;

const dot = (a: Vector, b: Vector): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const plus = (a: Vector, b: Vector): Vector => a.map((value, i) => value + b[i]!);
const minus = (a: Vector, b: Vector): Vector => a.map((value, i) => value - b[i]!);
const times = (a: Vector, factor: number): Vector => a.map((value) => value * factor);

function reader({ weights }: Source) {
  const get = (name: string): WeightArray => weights.get(name)!;
  const vector = (name: string): Vector => [...get(name).data];
  const row = (name: string, index: number): Vector => {
    const width = get(name).shape[1]!;
    return [...get(name).data.subarray(index * width, (index + 1) * width)];
  };
  /** x W + b */
  const linear = (name: string, x: Vector): Vector => {
    const { shape, data } = get(`${name}.weight`);
    return vector(`${name}.bias`).map((bias, j) =>
      x.reduce((sum, value, i) => sum + value * data[i * shape[1]! + j]!, bias),
    );
  };
  const norm = (name: string, x: Vector): Vector => {
    const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
    const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
    const [scale, shift] = [vector(`${name}.scale`), vector(`${name}.shift`)];
    return x.map((value, i) => ((value - mean) / Math.sqrt(variance + 1e-5)) * scale[i]! + shift[i]!);
  };
  return { vector, row, linear, norm, count: (name: string): number => get(name).shape[0]! };
}

export const referenceGelu = (x: number): number =>
  0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

/**
 * Residual stream after every block (index 0: the embeddings), what attention and feed-forward of every block add to it
 * (index 0: the first block's), by position, and the logits of every position.
 */
export function referenceForward(
  source: Source,
  items: readonly number[],
  edits: readonly ModelEdit[] = [],
): { streams: Vector[][]; added: { attention: Vector[][]; mlp: Vector[][] }; logits: Vector[] } {
  const { row, linear, norm, count } = reader(source);
  const { width: d, heads, layers } = source.manifest.gptrec;
  const perHead = d / heads;
  let x = items.map((item, t) => plus(row('gptrec.items', item), row('gptrec.positions', t)));
  const streams = [x];
  const added = { attention: [] as Vector[][], mlp: [] as Vector[][] };
  for (let layer = 1; layer <= layers; layer++) {
    const name = `gptrec.blocks.${layer - 1}`;
    const qkv = x.map((at) => linear(`${name}.qkv`, norm(`${name}.norm1`, at)));
    const part = (t: number, which: number, h: number): Vector => {
      const from = which * d + h * perHead;
      return qkv[t]!.slice(from, from + perHead);
    };
    const mixed = x.map((_, t) =>
      Array.from({ length: heads }, (__, h) => {
        const seen = Array.from({ length: t + 1 }, (___, s) => s);
        const exps = seen.map((s) => Math.exp(dot(part(t, 0, h), part(s, 1, h)) / Math.sqrt(perHead)));
        const total = exps.reduce((sum, value) => sum + value, 0);
        return seen.reduce<Vector>(
          (sum, s) => plus(sum, times(part(s, 2, h), exps[s]! / total)),
          Array.from({ length: perHead }, () => 0),
        );
      }).flat(),
    );
    const here = edits.filter((edit): edit is LatentEdit => edit.kind === 'latent' && edit.layer === layer);
    const edited = (site: Site, values: Vector[]): Vector[] =>
      here.length === 0 || source.manifest.sae.site !== site
        ? values
        : values.map((at, t) => (t === values.length - 1 ? referenceSteer(source, at, here) : at));
    const attention = edited(
      'attention',
      mixed.map((at) => linear(`${name}.out`, at)),
    );
    const middle = x.map((at, t) => plus(at, attention[t]!));
    const mlp = edited(
      'mlp',
      middle.map((at) => linear(`${name}.down`, linear(`${name}.up`, norm(`${name}.norm2`, at)).map(referenceGelu))),
    );
    x = edited(
      'block',
      middle.map((at, t) => plus(at, mlp[t]!)),
    ).map((at, t) => (t === items.length - 1 ? referenceShift(source, at, layer, edits) : at));
    added.attention.push(attention);
    added.mlp.push(mlp);
    streams.push(x);
  }
  const states = x.map((at) => norm('gptrec.norm', at));
  const table = Array.from({ length: count('gptrec.items') }, (_, item) => row('gptrec.items', item));
  return { streams, added, logits: states.map((state) => table.map((item) => dot(state, item))) };
}

/** Features of raw activations. */
export function referenceFeatures(source: Source, x: Vector): Vector {
  const { vector, row } = reader(source);
  const [mean, std] = vector('sae.scaling') as [number, number];
  const centred = minus(
    x.map((value) => (value - mean) / std),
    vector('sae.decoderBias'),
  );
  const encoder = x.map((_, i) => row('sae.encoder', i));
  const z = vector('sae.encoderBias').map((bias, j) =>
    centred.reduce((sum, value, i) => sum + value * encoder[i]![j]!, bias),
  );
  const { activation } = source.manifest.sae;
  const least = activation.kind === 'topk' ? z.toSorted((a, b) => b - a)[activation.k - 1]! : -Infinity;
  const threshold = activation.kind === 'threshold' ? vector('sae.threshold') : z.map(() => 0);
  return z.map((value, j) => (value >= least && value > threshold[j]! ? Math.max(0, value) : 0));
}

/** Features -> raw activations. */
export function referenceDecode(source: Source, f: Vector): Vector {
  const { vector, row } = reader(source);
  const [mean, std] = vector('sae.scaling') as [number, number];
  const normal = f.reduce((sum, value, j) => plus(sum, times(row('sae.decoder', j), value)), vector('sae.decoderBias'));
  return normal.map((value) => value * std + mean);
}

/** Directions of the block; after the last one adapters, which read what the directions left. */
function referenceShift(source: Source, x: Vector, layer: number, edits: readonly ModelEdit[]): Vector {
  const { vector, norm } = reader(source);
  const { layers, width: d } = source.manifest.gptrec;
  const H = source.manifest.steering.hidden;
  const part = (name: string, index: number, size: number): Vector =>
    vector(`steering.${name}`).slice(index * size, (index + 1) * size);
  let shifted = x;
  for (const edit of edits) {
    if (edit.kind !== 'direction') continue;
    shifted = plus(shifted, times(part('directions', edit.direction * layers + layer - 1, d), edit.amount));
  }
  const state = norm('gptrec.norm', shifted);
  let moved = shifted;
  for (const edit of edits) {
    if (edit.kind !== 'adapter' || layer !== layers) continue;
    const weight = (name: string, row: number, columns: number): Vector =>
      part(`adapters.${name}`, edit.adapter, vector(`steering.adapters.${name}`).length / 2).slice(
        row * columns,
        (row + 1) * columns,
      );
    const affine = (from: Vector, name: 'in' | 'out', columns: number): Vector =>
      from.reduce(
        (sum, value, row) => plus(sum, times(weight(`${name}Weight`, row, columns), value)),
        weight(`${name}Bias`, 0, columns),
      );
    const hidden = affine(state, 'in', H).map((value) => Math.max(0, value));
    moved = plus(moved, times(affine(hidden, 'out', d), edit.amount));
  }
  return moved;
}

/** edit.ts's three modes; a replacement comes first, and reads the same features as the others. */
export function referenceSteer(source: Source, x: Vector, edits: readonly LatentEdit[]): Vector {
  const { vector, row } = reader(source);
  const std = vector('sae.scaling')[1]!;
  const f = referenceFeatures(source, x);
  const replacements = edits.filter(({ mode }) => mode === 'replace');
  const set = [...f];
  for (const { feature, amount } of replacements) set[feature] = amount;
  let steered = replacements.length > 0 ? referenceDecode(source, set) : x;
  for (const { mode, feature, amount } of edits) {
    if (mode === 'replace') continue;
    const by = mode === 'delta' ? amount - f[feature]! : amount;
    steered = plus(steered, times(row('sae.decoder', feature), std * by));
  }
  return steered;
}
