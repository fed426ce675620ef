/**
 * The two graphs of a checkpoint. Both keep what the unsteered model's attention reads, of which its keys and values are
 * products (attention.ts); edits act on the last position, which is computed a second time from the lowest block that an
 * edit can reach, as far as it differs. `window` reads whole windows; `step` reads one new position after those that are
 * kept.
 */
import { DATA_TYPES, type DataType } from './proto.js';
import { attendPast, attendWindow, causalMask, dimension, pastMask, range } from './attention.js';
import { type EditedShapes, edits, lowestEdited } from './edits.js';
import { type Dimension, GraphBuilder, type Stored, type Value } from './graph.js';
import { type BlockHook, mixIn, readOf } from './layers.js';
import { type Catalogue, rank } from './ranking.js';

export interface GraphParts {
  readonly shapes: EditedShapes;
  readonly catalogue: Catalogue;
  /** Where each weight lies, by name. */
  readonly stored: (name: string) => Stored;
}

export function windowGraph(parts: GraphParts): Buffer {
  const { shapes, stored } = parts;
  const g = new GraphBuilder(stored);
  const { gptrec } = shapes;
  const { layers, width } = gptrec;
  const items = g.input('items', 'int32', ['B', 'L'], 'windows, oldest first; what follows a window is of no meaning');
  const lengths = g.input('lengths', 'int32', ['B'], 'items of each window');
  const edit = edits(g, shapes);

  const L = dimension(g, items, 1);
  const last = g.op('Sub', [g.op('Cast', [lengths], { to: DATA_TYPES.int64 }), g.ints([1])]);
  const positions = g.op('Gather', [g.weight('gptrec.positions'), range(g, L)], { axis: 0 });
  const embedded = g.op('Add', [g.op('Gather', [g.weight('gptrec.items'), items], { axis: 0 }), positions]);
  const mask = causalMask(g, L);
  const streams = [embedded];
  const kept: Value[] = [];
  for (let layer = 1; layer <= layers; layer++) {
    const x = streams.at(-1) as Value;
    const y = readOf(g, layer, x);
    kept.push(y);
    // Of the last block the last position alone is wanted, below.
    if (layer < layers) streams.push(mixIn(g, layer, x, attendWindow(g, gptrec, layer, y, mask)));
  }
  const first = lowestEdited(shapes);
  const reached = g.op('Unsqueeze', [last, g.ints([1])]);
  const before = upright(g, g.op('GatherND', [streams[first - 1] as Value, reached], { batch_dims: 1 }));
  const scored = kept.slice(first - 1).reduce((x, past, i) => {
    const layer = first + i;
    const attended = attendPast(g, gptrec, layer, 1, readOf(g, layer, x), { past, mask: pastMask(g, L, last) });
    return mixIn(
      g,
      layer,
      x,
      attended,
      onLast(g, 1, (value, site) => edit(value, { layer, site })),
    );
  }, before);
  const byBlock = kept.map((y) => g.op('Unsqueeze', [y, g.ints([2])]));
  return encode(g, parts, 'window', flat(g, scored), {
    value: g.op('Concat', byBlock, { axis: 2 }),
    shape: ['B', 'L', layers, width],
  });
}

export function stepGraph(parts: GraphParts): Buffer {
  const { shapes, stored } = parts;
  const g = new GraphBuilder(stored);
  const { gptrec } = shapes;
  const { layers, width } = gptrec;
  const item = g.input('item', 'int32', ['B'], 'the newest item of each window');
  const lengths = g.input('lengths', 'int32', ['B'], 'items before it');
  const past = Array.from({ length: layers }, (_, l) =>
    g.input(`past.${l + 1}`, 'float', ['B', 'P', width], `what attention of block ${l + 1} read at them`),
  );
  const edit = edits(g, shapes);

  const count = g.op('Cast', [lengths], { to: DATA_TYPES.int64 });
  const mask = pastMask(g, dimension(g, past[0] as Value, 1), count);
  const embedded = g.op('Add', [
    g.op('Gather', [g.weight('gptrec.items'), item], { axis: 0 }),
    g.op('Gather', [g.weight('gptrec.positions'), count], { axis: 0 }),
  ]);
  const first = lowestEdited(shapes);
  const kept: Value[] = [];
  // [B, 1, d]; above the lowest block that an edit can reach the plain path and the edited one, [B, 2, d]
  let x = upright(g, embedded);
  let n: 1 | 2 = 1;
  for (const [l, ofBlock] of past.entries()) {
    const layer = l + 1;
    const at: BlockHook = (value, site) => edit(value, { layer, site });
    let y = readOf(g, layer, x);
    kept.push(n === 1 ? y : halves(g, y)[0]);
    if (layer === layers && n === 2) {
      // Of the plain one nothing more is wanted.
      [x, y] = [halves(g, x)[1], halves(g, y)[1]];
      n = 1;
    }
    const attended = attendPast(g, gptrec, layer, n, y, { past: ofBlock, mask });
    const edited = mixIn(g, layer, x, attended, onLast(g, n, at));
    if (layer === first && layer < layers) {
      x = g.op('Concat', [mixIn(g, layer, x, attended), edited], { axis: 1 });
      n = 2;
    } else x = edited;
  }
  return encode(g, parts, 'step', flat(g, x), {
    value: g.op('Concat', kept, { axis: 1 }),
    shape: ['B', layers, width],
  });
}

/** x [B, 2, d] -> its two paths, [B, 1, d] each. */
const halves = (g: GraphBuilder, x: Value): [Value, Value] =>
  g.ops('Split', [x], 2, { axis: 1, num_outputs: 2 }) as [Value, Value];

/** [B, d] -> [B, 1, d], and back. */
const upright = (g: GraphBuilder, x: Value): Value => g.op('Unsqueeze', [x, g.ints([1])]);
const flat = (g: GraphBuilder, x: Value): Value => g.op('Squeeze', [x, g.ints([1])]);

/** Of x [B, n, d], changes the last path. */
const onLast =
  (g: GraphBuilder, n: 1 | 2, at: BlockHook): BlockHook =>
  (x, site) => {
    const [plain, edited] = n === 1 ? [undefined, x] : halves(g, x);
    const before = flat(g, edited);
    const changed = at(before, site);
    if (changed === before) return x;
    return plain === undefined ? upright(g, changed) : g.op('Concat', [plain, upright(g, changed)], { axis: 1 });
  };

interface Kept {
  readonly value: Value;
  readonly shape: readonly Dimension[];
}

function encode(g: GraphBuilder, { shapes, catalogue }: GraphParts, name: string, scored: Value, kept: Kept): Buffer {
  const { items, scores, query, isSearched } = rank(g, catalogue, scored);
  const output = (value: Value, type: DataType, shape: readonly Dimension[], about: string) =>
    [value, type, shape, about] as const;
  return g.encode(name, `GPTRec with edits of a sparse autoencoder: ${name}`, {
    best_items: output(items, 'int32', ['B', 'k'], 'the best items, best first'),
    best_scores: output(scores, 'float', ['B', 'k'], 'their scores; -1e29 or less: must not be listed'),
    query: output(query, 'float', ['B', shapes.gptrec.width], 'what scores are products with, before score edits'),
    ...(isSearched && { is_searched: output(isSearched, 'bool', [], 'whether 8 bits told what to score') }),
    kept: output(kept.value, 'float', kept.shape, 'what attention of each block reads there, unsteered'),
  });
}
