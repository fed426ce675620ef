/** The ways to make lists that the engine bench compares, each as a function that makes a batch of them. */
import { Tensor } from 'onnxruntime-node';
import { WEIGHTS } from '../../../src/checkpoint/graphs.js';
import { placesInSafetensors, writeSafetensors } from '../../../src/checkpoint/safetensors.js';
import type { Checkpoint } from '../../../src/checkpoint/checkpoint.js';
import { letGo } from '../../../src/adapters/onnx/let-go.js';
import type { OnnxModel } from '../../../src/adapters/onnx/onnx-model.js';
import { PAGE } from '../../../src/adapters/onnx/pages.js';
import { PastLayout } from '../../../src/adapters/onnx/past-layout.js';
import { type OnnxOptions, openSession } from '../../../src/adapters/onnx/session.js';
import { attendWindow, causalMask } from '../../../src/onnx/attention.js';
import { GraphBuilder } from '../../../src/onnx/graph.js';
import { layerNorm, mixIn, readOf } from '../../../src/onnx/layers.js';
import { BLOCK, bestOf, paddedItems } from '../../../src/onnx/two-levels.js';
import type { EngineRequest, Ranking } from '../../../src/ports/engine.js';

export const ONE_THREAD: OnnxOptions = { provider: 'cpu', threads: 1 };

export type Make = () => Promise<unknown>;

export interface Way {
  readonly make: Make;
  close(): Promise<void>;
}

export const BARE = ['product', 'product, TopK', 'product, two levels'] as const;
export type Bare = (typeof BARE)[number];

/** Scores of all items for states that are there, and what of the list is asked for: the limit of any engine. */
export async function bareWay(what: Bare, { manifest, weights }: Checkpoint, batch: number): Promise<Way> {
  const { items, width } = manifest.gptrec;
  const V = paddedItems(items);
  const table = new Map([...weights].filter(([name]) => name === 'gptrec.items'));
  const place = placesInSafetensors(table).get('gptrec.items') ?? { offset: 0, length: 0 };
  const g = new GraphBuilder(() => ({ file: WEIGHTS, ...place, shape: [items, width] }));
  const states = g.input('states', 'float', ['B', width], '');
  const padded = g.op('Pad', [g.weight('gptrec.items'), g.ints([0, 0, V - items, 0]), g.floats([0], [])]);
  const scores = g.op('MatMul', [states, g.op('Transpose', [padded], { perm: [1, 0] })]);
  const best =
    what === 'product'
      ? g.op('Slice', [scores, g.ints([0]), g.ints([10]), g.ints([1])]) // 27 MB for 256 users are not to leave the runtime
      : what === 'product, TopK'
        ? (g.ops('TopK', [scores, g.ints([10])], 2, { axis: 1 })[0] ?? scores)
        : bestOf(g, V / BLOCK, scores, g.ints([10])).scores;
  const graph = g.encode(what, '', { out: [best, 'float', ['B', 'N'], ''] });
  const session = await openSession(graph, new Map([[WEIGHTS, writeSafetensors(table)]]), ONE_THREAD);
  const feeds = { states: new Tensor('float32', new Float32Array(batch * width).fill(0.1), [batch, width]) };
  return { make: () => session.run(feeds), close: () => session.release() };
}

/** Whole windows, of which nothing is kept. */
export const windowWay =
  (model: OnnxModel, requests: readonly EngineRequest[]): Make =>
  async () => {
    letGo((await model.window(requests)).kept);
  };

/**
 * Whole windows as any model of this shape is served: every position through every block, the last against all items.
 * Nobody steers.
 */
export async function plainWindows(
  { manifest, weights }: Checkpoint,
  requests: readonly EngineRequest[],
): Promise<Way> {
  const { gptrec } = manifest;
  const { window: L, layers } = gptrec;
  const places = placesInSafetensors(weights);
  const g = new GraphBuilder((name) => {
    const place = places.get(name) ?? { offset: 0, length: 0 };
    return { file: WEIGHTS, ...place, shape: weights.get(name)?.shape ?? [] };
  });
  const items = g.input('items', 'int32', ['B', L], '');
  const mask = causalMask(g, g.ints([L]));
  let x = g.op('Add', [g.op('Gather', [g.weight('gptrec.items'), items], { axis: 0 }), g.weight('gptrec.positions')]);
  for (let layer = 1; layer <= layers; layer++)
    x = mixIn(g, layer, x, attendWindow(g, gptrec, layer, readOf(g, layer, x), mask));
  const last = g.op('Gather', [layerNorm(g, 'gptrec.norm', x), g.ints([L - 1], [])], { axis: 1 });
  const scores = g.op('MatMul', [last, g.op('Transpose', [g.weight('gptrec.items')], { perm: [1, 0] })]);
  const [values, best] = g.ops('TopK', [scores, g.ints([10])], 2, { axis: 1 });
  const outputs = {
    values: [values ?? '', 'float', ['B', 10], ''],
    best: [best ?? '', 'int64', ['B', 10], ''],
  } as const;
  const files = new Map([[WEIGHTS, writeSafetensors(weights)]]);
  const session = await openSession(g.encode('plain windows', '', outputs), files, ONE_THREAD);
  const windows = Int32Array.from(requests.flatMap(({ window }) => [...window]));
  const feeds = { items: new Tensor('int32', windows, [requests.length, L]) };
  return { make: () => session.run(feeds), close: () => session.release() };
}

/** Users whose windows are kept; more than any cache of the processor holds. */
const USERS = 4_096;

/**
 * One new event of each user, whose windows are full: the past is packed from where it is kept, and the new position is
 * written there, as the engine's workers do it.
 */
export function stepWay(
  model: OnnxModel,
  checkpoint: Checkpoint,
  requests: readonly EngineRequest[],
  use: (rankings: readonly Ranking[]) => void = () => undefined,
): Make {
  const { gptrec } = checkpoint.manifest;
  const layout = new PastLayout(gptrec);
  const perUser = layout.pagesFor(gptrec.window);
  const memory = new Float32Array(new SharedArrayBuffer(USERS * perUser * PAGE * Float32Array.BYTES_PER_ELEMENT));
  for (let i = 0; i < memory.length; i++) memory[i] = ((i * 7919) % 1_000) / 1_000 - 0.5;
  const [B, length] = [requests.length, gptrec.window - 1];
  const past = new Float32Array(B * length * layout.row);
  const lengths = new Int32Array(B).fill(length);
  let next = 0;
  return async () => {
    const pages = requests.map(() => {
      next = (next + 1_021) % USERS;
      return Int32Array.from({ length: perUser }, (_, p) => next * perUser + p);
    });
    layout.read(memory, pages, lengths, past);
    const { rankings, kept } = await model.step(requests, past, lengths);
    use(rankings);
    for (const [b, of] of pages.entries())
      layout.write(memory, of, length, kept.subarray(b * layout.row, (b + 1) * layout.row));
    letGo(kept);
  };
}
