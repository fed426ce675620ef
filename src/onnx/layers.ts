/** GPTRec's layers as parts of a graph; the functions of src/model/gptrec.ts, whose weights they name. */
import type { Site } from '../model/shapes.js';
import type { GraphBuilder, Value } from './graph.js';

/** LayerNorm's epsilon, as in GPT-2. */
const EPSILON = 1e-5;

/** What becomes of a value at a site of a block. */
export type BlockHook = (x: Value, site: Site) => Value;

export interface Qkv {
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
}

export const blockName = (layer: number): string => `gptrec.blocks.${layer - 1}`;

/** x [.., d] */
export function layerNorm(g: GraphBuilder, name: string, x: Value): Value {
  const parameters = [g.weight(`${name}.scale`), g.weight(`${name}.shift`)];
  return g.op('LayerNormalization', [x, ...parameters], { axis: -1, epsilon: { float: EPSILON } });
}

/** x W + b. x [.., in] -> [.., out] */
export const linear = (g: GraphBuilder, name: string, x: Value): Value =>
  g.op('Add', [g.op('MatMul', [x, g.weight(`${name}.weight`)]), g.weight(`${name}.bias`)]);

/** x [.., d], the residual stream before a block -> what its attention reads, [.., d]. */
export const readOf = (g: GraphBuilder, layer: number, x: Value): Value => layerNorm(g, `${blockName(layer)}.norm1`, x);

/** y [.., d], what attention reads -> queries, keys and values of all heads side by side, [.., d] each. */
export function queriesKeysValues(g: GraphBuilder, layer: number, y: Value): Qkv {
  const joined = linear(g, `${blockName(layer)}.qkv`, y);
  const [q, k, v] = g.ops('Split', [joined], 3, { axis: -1, num_outputs: 3 }) as [Value, Value, Value];
  return { q, k, v };
}

/** The rest of a block: residual stream x and what attention adds -> the stream after it. All [.., d]. */
export function mixIn(
  g: GraphBuilder,
  layer: number,
  x: Value,
  attended: Value,
  at: BlockHook = (value) => value,
): Value {
  const block = blockName(layer);
  const middle = g.op('Add', [x, at(attended, 'attention')]);
  const up = linear(g, `${block}.up`, layerNorm(g, `${block}.norm2`, middle));
  const down = linear(g, `${block}.down`, g.op('Gelu', [up], { approximate: 'tanh' }));
  return at(g.op('Add', [middle, at(down, 'mlp')]), 'block');
}
