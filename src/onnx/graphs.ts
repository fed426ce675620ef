/**
 * The two graphs of a checkpoint. Both keep keys and values of the unsteered model alone; edits act on the last
 * position, which is computed a second time from the lowest block that an edit can reach, as far as it differs.
 * `window` reads whole windows; `step` reads one new position after those whose keys and values are kept.
 */
import { DATA_TYPES, type DataType } from './proto.js';
import { attendPast, attendWindow, byHead, causalMask, dimension, pastMask, range } from './attention.js';
import { type EditedShapes, edits, lowestEdited } from './edits.js';
import { type Dimension, GraphBuilder, type Stored, type Value } from './graph.js';
import { type BlockHook, mixIn, type Qkv, queriesKeysValues } from './layers.js';
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
  const kept: Qkv[] = [];
  for (let layer = 1; layer <= layers; layer++) {
    const x = streams.at(-1) as Value;
    const qkv = queriesKeysValues(g, layer, x);
    kept.push(qkv);
    streams.push(mixIn(g, layer, x, attendWindow(g, gptrec, qkv, mask)));
  }
  const first = lowestEdited(shapes);
  const reached = g.op('Unsqueeze', [last, g.ints([1])]);
  const before = g.op('GatherND', [streams[first - 1] as Value, reached], { batch_dims: 1 });
  const past = kept.map(({ k, v }) => ({ keys: byHead(g, gptrec, k), values: byHead(g, gptrec, v) }));
  const scored = past.slice(first - 1).reduce((x, ofBlock, i) => {
    const layer = first + i;
    const attended = attendPast(g, gptrec, queriesKeysValues(g, layer, x), 1, ofBlock, pastMask(g, L, last));
    return mixIn(g, layer, x, attended, (value, site) => edit(value, { layer, site }));
  }, before);
  const shape = ['B', 'L', layers, 2, width];
  return encode(g, parts, 'window', scored, joined(g, kept, shape, g.ints([0, 0, layers, 2, width])));
}

export function stepGraph(parts: GraphParts): Buffer {
  const { shapes, stored } = parts;
  const g = new GraphBuilder(stored);
  const { gptrec } = shapes;
  const { layers, width, heads } = gptrec;
  const item = g.input('item', 'int32', ['B'], 'the newest item of each window');
  const lengths = g.input('lengths', 'int32', ['B'], 'items before it');
  const past = Array.from({ length: layers }, (_, l) => {
    const input = (what: string): Value =>
      g.input(`past_${what}.${l + 1}`, 'float', ['B', heads, 'P', width / heads], `their ${what} in block ${l + 1}`);
    return { keys: input('keys'), values: input('values') };
  });
  const edit = edits(g, shapes);

  const count = g.op('Cast', [lengths], { to: DATA_TYPES.int64 });
  const mask = pastMask(g, dimension(g, past[0]?.keys as Value, 2), count);
  const embedded = g.op('Add', [
    g.op('Gather', [g.weight('gptrec.items'), item], { axis: 0 }),
    g.op('Gather', [g.weight('gptrec.positions'), count], { axis: 0 }),
  ]);
  const first = lowestEdited(shapes);
  const kept: Qkv[] = [];
  let [plain, edited] = [embedded, embedded];
  for (const [l, ofBlock] of past.entries()) {
    const layer = l + 1;
    const at: BlockHook = (value, site) => edit(value, { layer, site });
    if (layer <= first) {
      const qkv = queriesKeysValues(g, layer, plain);
      kept.push(qkv);
      const attended = attendPast(g, gptrec, qkv, 1, ofBlock, mask);
      edited = mixIn(g, layer, plain, attended, at);
      plain = mixIn(g, layer, plain, attended);
      continue;
    }
    const both = g.op('Concat', [plain, edited], { axis: 0 });
    const qkv = queriesKeysValues(g, layer, both);
    const [plainQkv, editedQkv] = [half(g, qkv, 0), half(g, qkv, 1)];
    kept.push(plainQkv);
    if (layer === layers) {
      edited = mixIn(g, layer, edited, attendPast(g, gptrec, editedQkv, 1, ofBlock, mask), at);
    } else {
      const attended = attendPast(g, gptrec, qkv, 2, ofBlock, mask);
      const mixed = mixIn(g, layer, both, attended, onSecond(g, at));
      [plain, edited] = halves(g, mixed);
    }
  }
  const shape = ['B', layers, 2, width];
  return encode(g, parts, 'step', edited, joined(g, kept, shape, g.ints([0, layers, 2, width])));
}

/** x [2 B, d] -> its first and second rows, [B, d] each. */
const halves = (g: GraphBuilder, x: Value): [Value, Value] =>
  g.ops('Split', [x], 2, { axis: 0, num_outputs: 2 }) as [Value, Value];

const half = (g: GraphBuilder, { q, k, v }: Qkv, which: 0 | 1): Qkv => ({
  q: halves(g, q)[which],
  k: halves(g, k)[which],
  v: halves(g, v)[which],
});

/** Of rows [2 B, d], changes the second half. */
const onSecond =
  (g: GraphBuilder, at: BlockHook): BlockHook =>
  (value, site) => {
    const [plain, edited] = halves(g, value);
    const changed = at(edited, site);
    return changed === edited ? value : g.op('Concat', [plain, changed], { axis: 0 });
  };

interface Kept {
  readonly value: Value;
  readonly shape: readonly Dimension[];
}

function joined(g: GraphBuilder, blocks: readonly Qkv[], shape: readonly Dimension[], sizes: Value): Kept {
  const all = g.op(
    'Concat',
    blocks.flatMap(({ k, v }) => [k, v]),
    { axis: -1 },
  );
  return { value: g.op('Reshape', [all, sizes]), shape };
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
    keys_values: output(kept.value, 'float', kept.shape, 'unsteered keys and values, by block'),
  });
}
