/**
 * The two graphs of a checkpoint. Both keep keys and values of the unsteered model alone; edits act on the last
 * position, which is computed a second time from the lowest block that an edit can reach, as far as it differs.
 * `window` reads whole windows; `step` reads one new position after those whose keys and values are kept.
 */
import type { DataType } from './proto.js';
import { attendPast, attendWindow, causalMask, dimension, pastMask, range, slice } from './attention.js';
import { type EditAt, type EditedShapes, edits, lowestEdited } from './edits.js';
import { type Dimension, GraphBuilder, type Stored, type Value } from './graph.js';
import { mixIn, type Qkv, queriesKeysValues } from './layers.js';
import { rank } from './ranking.js';

interface Past {
  readonly keys: Value;
  readonly values: Value;
}

/** @param stored where each weight lies, by name */
export function windowGraph(shapes: EditedShapes, stored: (name: string) => Stored): Buffer {
  const g = new GraphBuilder(stored);
  const { gptrec } = shapes;
  const { layers, width } = gptrec;
  const items = g.input('items', 'int32', ['B', 'L'], 'windows, oldest first; what follows a window is of no meaning');
  const lengths = g.input('lengths', 'int32', ['B'], 'items of each window');
  const edit = edits(g, shapes);

  const last = g.op('Sub', [g.op('Cast', [lengths], { to: 7 }), g.ints([1])]);
  const positions = g.op('Gather', [g.weight('gptrec.positions'), range(g, dimension(g, items, 1))], { axis: 0 });
  const embedded = g.op('Add', [g.op('Gather', [g.weight('gptrec.items'), items], { axis: 0 }), positions]);
  const mask = causalMask(g, embedded);
  const streams = [embedded];
  const past: Past[] = [];
  for (let layer = 1; layer <= layers; layer++) {
    const x = streams.at(-1) as Value;
    const qkv = queriesKeysValues(g, layer, x);
    past.push({ keys: qkv.k, values: qkv.v });
    streams.push(mixIn(g, layer, x, attendWindow(g, gptrec, qkv, mask)));
  }
  const first = lowestEdited(shapes);
  const before = g.op('GatherND', [streams[first - 1] as Value, g.op('Unsqueeze', [last, g.ints([1])])], {
    batch_dims: 1,
  });
  const scored = lastPosition(g, shapes, before, first, past, pastMask(g, embedded, last), edit);
  const keysValues = joined(g, past, ['B', 'L', layers, 2, width], g.ints([0, 0, layers, 2, width]));
  return encode(g, shapes, 'window', scored, keysValues);
}

/** @param stored where each weight lies, by name */
export function stepGraph(shapes: EditedShapes, stored: (name: string) => Stored): Buffer {
  const g = new GraphBuilder(stored);
  const { layers, width } = shapes.gptrec;
  const item = g.input('item', 'int32', ['B'], 'the newest item of each window');
  const lengths = g.input('lengths', 'int32', ['B'], 'items before it');
  const kept = g.input('past', 'float', ['B', 'P', layers, 2, width], 'their keys and values, by block');
  const edit = edits(g, shapes);

  const flat = g.op('Reshape', [kept, g.ints([0, 0, layers * 2 * width])]);
  const past = Array.from({ length: layers }, (_, l) => ({
    keys: slice(g, flat, 2, 2 * l * width, (2 * l + 1) * width),
    values: slice(g, flat, 2, (2 * l + 1) * width, (2 * l + 2) * width),
  }));
  const count = g.op('Cast', [lengths], { to: 7 });
  const embedded = g.op('Add', [
    g.op('Gather', [g.weight('gptrec.items'), item], { axis: 0 }),
    g.op('Gather', [g.weight('gptrec.positions'), count], { axis: 0 }),
  ]);
  const mask = pastMask(g, kept, count);
  const own: Past[] = [];
  lastPosition(
    g,
    shapes,
    embedded,
    1,
    past,
    mask,
    (x) => x,
    ({ k, v }) => own.push({ keys: k, values: v }),
  );
  const scored = lastPosition(g, shapes, embedded, 1, past, mask, edit);
  const keysValues = joined(g, own, ['B', layers, 2, width], g.ints([0, layers, 2, width]));
  return encode(g, shapes, 'step', scored, keysValues);
}

/** x [B, d], what block `first` reads at the last positions -> the stream after the last block, [B, d]. */
function lastPosition(
  g: GraphBuilder,
  { gptrec }: EditedShapes,
  x: Value,
  first: number,
  past: readonly Past[],
  mask: Value,
  edit: EditAt,
  keep: (qkv: Qkv) => void = () => undefined,
): Value {
  return past.slice(first - 1).reduce((stream, ofBlock, i) => {
    const layer = first + i;
    const qkv = queriesKeysValues(g, layer, stream);
    keep(qkv);
    const attended = attendPast(g, gptrec, qkv, ofBlock, mask);
    return mixIn(g, layer, stream, attended, (value, site) => edit(value, { layer, site }));
  }, x);
}

interface Kept {
  readonly value: Value;
  readonly shape: readonly Dimension[];
}

function joined(g: GraphBuilder, blocks: readonly Past[], shape: readonly Dimension[], sizes: Value): Kept {
  const all = g.op(
    'Concat',
    blocks.flatMap(({ keys, values }) => [keys, values]),
    { axis: -1 },
  );
  return { value: g.op('Reshape', [all, sizes]), shape };
}

function encode(g: GraphBuilder, { gptrec }: EditedShapes, name: string, scored: Value, kept: Kept): Buffer {
  const { items, scores } = rank(g, gptrec, scored);
  const output = (value: Value, type: DataType, shape: readonly Dimension[], about: string) =>
    [value, type, shape, about] as const;
  return g.encode(name, `GPTRec with edits of a sparse autoencoder: ${name}`, {
    best_items: output(items, 'int32', ['B', 'k'], 'the best items, best first'),
    best_scores: output(scores, 'float', ['B', 'k'], 'their scores; -1e29 or less: must not be listed'),
    keys_values: output(kept.value, 'float', kept.shape, 'unsteered keys and values, by block'),
  });
}
