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
  const before = g.op('GatherND', [streams[first - 1] as Value, reached], { batch_dims: 1 });
  const scored = kept.slice(first - 1).reduce((x, past, i) => {
    const layer = first + i;
    const attended = attendPast(g, gptrec, layer, 1, readOf(g, layer, x), { past, mask: pastMask(g, L, last) });
    return mixIn(g, layer, x, attended, (value, site) => edit(value, { layer, site }));
  }, before);
  const byBlock = kept.map((y) => g.op('Unsqueeze', [y, g.ints([2])]));
  return encode(g, parts, 'window', scored, {
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
  // [B, d]; above the lowest block that an edit can reach the plain path and the edited one of each row, [2 B, d]
  let x = embedded;
  let isTwofold = false;
  for (const [l, ofBlock] of past.entries()) {
    const layer = l + 1;
    const at: BlockHook = (value, site) => edit(value, { layer, site });
    let y = readOf(g, layer, x);
    kept.push(isTwofold ? paths(g, y, width)[0] : y);
    if (layer === layers && isTwofold) {
      // Of the plain one nothing more is wanted.
      [x, y] = [paths(g, x, width)[1], paths(g, y, width)[1]];
      isTwofold = false;
    }
    const attended = attendPast(g, gptrec, layer, isTwofold ? 2 : 1, y, { past: ofBlock, mask });
    const edited = mixIn(g, layer, x, attended, isTwofold ? onEdited(g, width, at) : at);
    if (layer === first && layer < layers) {
      x = together(g, width, mixIn(g, layer, x, attended), edited);
      isTwofold = true;
    } else x = edited;
  }
  const value = g.op('Reshape', [g.op('Concat', kept, { axis: 1 }), g.ints([0, layers, width])]);
  return encode(g, parts, 'step', x, { value, shape: ['B', layers, width] });
}

/** x [2 B, d] -> its two paths, [B, d] each. */
const paths = (g: GraphBuilder, x: Value, width: number): [Value, Value] => {
  const pairs = g.op('Reshape', [x, g.ints([-1, 2 * width])]);
  return g.ops('Split', [pairs], 2, { axis: 1, num_outputs: 2 }) as [Value, Value];
};

/** Two paths, [B, d] each -> [2 B, d] */
const together = (g: GraphBuilder, width: number, plain: Value, edited: Value): Value =>
  g.op('Reshape', [g.op('Concat', [plain, edited], { axis: 1 }), g.ints([-1, width])]);

/** Of x [2 B, d], changes the edited path. */
const onEdited =
  (g: GraphBuilder, width: number, at: BlockHook): BlockHook =>
  (x, site) => {
    const [plain, edited] = paths(g, x, width);
    const changed = at(edited, site);
    return changed === edited ? x : together(g, width, plain, changed);
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
