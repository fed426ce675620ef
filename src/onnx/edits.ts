/**
 * Edits as inputs of a graph: what a batch names of features, directions and adapters, and by row how much of each. A
 * row of zeros passes every place unchanged, to the bit. The functions of src/model/{steer,shift,adapter}.ts.
 */
import { type GptRecShape, isAt, type Place, type SaeShape, type SteeringShape } from '../model/shapes.js';
import { type GraphBuilder, type Value } from './graph.js';
import { slice } from './attention.js';
import { layerNorm } from './layers.js';

export interface EditedShapes {
  readonly gptrec: GptRecShape;
  readonly sae: SaeShape;
  readonly steering: SteeringShape;
}

/** x [B, d] at a place -> what goes on from there. */
export type EditAt = (x: Value, place: Place) => Value;

/** The lowest block whose output or parts an edit can change. */
export const lowestEdited = ({ sae, steering }: EditedShapes): number => (steering.directions > 0 ? 1 : sae.layer);

/** Declares the inputs. */
export function edits(g: GraphBuilder, shapes: EditedShapes): EditAt {
  const latent = latentEdits(g, shapes.sae);
  const along = shapes.steering.directions > 0 ? directionEdits(g, shapes.gptrec) : undefined;
  const by = shapes.steering.adapters > 0 ? adapterEdits(g) : undefined;
  return (x, place) => {
    const steered = isAt(shapes.sae, place) ? latent(x) : x;
    if (place.site !== 'block') return steered;
    const shifted = along?.(steered, place.layer) ?? steered;
    return place.layer === shapes.gptrec.layers ? (by?.(shifted) ?? shifted) : shifted;
  };
}

/**
 * base + std * sum_j (amount_j - own_j f_j) W_dec[j], base = x or its reconstruction. A replacement of feature j by t is
 * the reconstruction + std * (t - f_j) W_dec[j], so its own is 1 and its amount t, as that of a delta edit.
 */
function latentEdits(g: GraphBuilder, { activation }: SaeShape): (x: Value) => Value {
  const features = g.input('features', 'int32', ['F'], 'features of the dictionary that edits of the batch name');
  const amounts = g.input('feature_amounts', 'float', ['B', 'F'], 'sum of the amounts of a row, by feature');
  const own = g.input('feature_own', 'float', ['B', 'F'], 'how many times the own activation is taken off');
  const replaced = g.input('is_replaced', 'bool', ['B', 1], 'rows of which the reconstruction goes on');
  const isWhole = g.input(
    'is_dictionary_needed',
    'bool',
    [],
    'whether any row is replaced, or asks for the k greatest',
  );
  const hasFeatures = g.input('has_features', 'bool', [], 'whether any row edits a feature');
  const weight = (name: string): Value => g.weight(`sae.${name}`);

  const activate = (b: GraphBuilder, z: Value, threshold: () => Value): Value => {
    const positive = b.op('Relu', [z]);
    if (activation.kind === 'relu') return positive;
    if (activation.kind === 'threshold') return compared(b, 'Greater', z, b.op('Relu', [threshold()]), positive);
    const greatest = b.ops('TopK', [z, b.ints([activation.k])], 2, { axis: 1 })[0] as Value;
    return compared(b, 'GreaterOrEqual', z, slice(b, greatest, 1, activation.k - 1, activation.k), positive);
  };
  const [mean, std] = [slice(g, weight('scaling'), 0, 0, 1), slice(g, weight('scaling'), 0, 1, 2)];
  const some = (b: GraphBuilder, table: Value, axis: number): Value => b.op('Gather', [table, features], { axis });

  const edited = (b: GraphBuilder, x: Value): Value => {
    const centred = b.op('Sub', [b.op('Div', [b.op('Sub', [x, mean]), std]), weight('decoderBias')]);
    const code = (c: GraphBuilder, encoder: Value, bias: Value): Value =>
      c.op('Add', [c.op('MatMul', [centred, encoder]), bias]);
    const [base, f] = b.choose(
      isWhole,
      (c) => {
        const all = activate(c, code(c, weight('encoder'), weight('encoderBias')), () => weight('threshold'));
        const decoded = c.op('Add', [c.op('MatMul', [all, weight('decoder')]), weight('decoderBias')]);
        const restored = c.op('Add', [c.op('Mul', [decoded, std]), mean]);
        return [c.op('Where', [replaced, restored, x]), some(c, all, 1)];
      },
      (c) => {
        if (activation.kind === 'topk') return [x, c.op('Mul', [amounts, c.floats([0], [])])];
        const z = code(c, some(c, weight('encoder'), 1), some(c, weight('encoderBias'), 0));
        return [x, activate(c, z, () => some(c, weight('threshold'), 0))];
      },
    ) as [Value, Value];
    const by = b.op('Sub', [amounts, b.op('Mul', [own, f])]);
    return b.op('Add', [base, b.op('Mul', [b.op('MatMul', [by, some(b, weight('decoder'), 0)]), std])]);
  };
  return (x) => ifAny(g, hasFeatures, edited, x);
}

/** x as edited where any row asks for it; else x, and nothing of the edit is computed. */
const ifAny = (g: GraphBuilder, isAny: Value, edited: (branch: GraphBuilder, x: Value) => Value, x: Value): Value =>
  g.choose(
    isAny,
    (b) => [edited(b, x)],
    () => [x],
  )[0] as Value;

/** f where z compares so with a bound, else 0. */
const compared = (g: GraphBuilder, comparison: string, z: Value, bound: Value, f: Value): Value =>
  g.op('Where', [g.op(comparison, [z, bound]), f, g.floats([0], [])]);

/** x + sum of amount * v_layer. */
function directionEdits(g: GraphBuilder, { width }: GptRecShape): (x: Value, layer: number) => Value {
  const named = g.input('directions', 'int32', ['D'], 'directions that edits of the batch name');
  const amounts = g.input('direction_amounts', 'float', ['B', 'D'], 'sum of the amounts of a row, by direction');
  return (x, layer) => {
    const ofBlock = slice(g, g.weight('steering.directions'), 1, layer - 1, layer);
    const vectors = g.op('Reshape', [ofBlock, g.ints([-1, width])]);
    return g.op('Add', [x, g.op('MatMul', [amounts, g.op('Gather', [vectors, named], { axis: 0 })])]);
  };
}

/** x + sum of amount * u(x), all named adapters side by side: [A, B, ..]. */
function adapterEdits(g: GraphBuilder): (x: Value) => Value {
  const named = g.input('adapters', 'int32', ['A'], 'adapters that edits of the batch name');
  const amounts = g.input('adapter_amounts', 'float', ['B', 'A'], 'sum of the amounts of a row, by adapter');
  const hasAdapters = g.input('has_adapters', 'bool', [], 'whether any row names one');
  const moved = (b: GraphBuilder, x: Value): Value => {
    const of = (name: string): Value => b.op('Gather', [b.weight(`steering.adapters.${name}`), named], { axis: 0 });
    const beside = (bias: Value): Value => b.op('Unsqueeze', [bias, b.ints([1])]);
    const state = layerNorm(b, 'gptrec.norm', x);
    const hidden = b.op('Relu', [b.op('Add', [b.op('MatMul', [state, of('inWeight')]), beside(of('inBias'))])]);
    const moves = b.op('Add', [b.op('MatMul', [hidden, of('outWeight')]), beside(of('outBias'))]);
    const weights = b.op('Unsqueeze', [b.op('Transpose', [amounts], { perm: [1, 0] }), b.ints([2])]);
    const sum = b.op('ReduceSum', [b.op('Mul', [moves, weights]), b.ints([0])], { keepdims: 0 });
    return b.op('Add', [x, sum]);
  };
  return (x) => ifAny(g, hasAdapters, moved, x);
}
