/** A checkpoint on ONNX Runtime: its two graphs, fed with requests. Runs in whatever thread calls it, and holds it. */
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import { onnxGraphs, scoreColumns, WEIGHTS } from '../../checkpoint/graphs.js';
import { writeSafetensors } from '../../checkpoint/safetensors.js';
import type { GptRecShape } from '../../model/shapes.js';
import { UNLISTED } from '../../onnx/two-levels.js';
import type { EngineRequest, Ranking } from '../../ports/engine.js';
import { type Feeds, modelEdits } from './model-edits.js';
import { mostCodeHere } from './most-code.js';
import { RankingInputs } from './ranking-rules.js';
import { Scratch } from './scratch.js';
import { type OnnxOptions, openSession } from './session.js';

export interface OnnxAnswer {
  /** Of each request. */
  readonly rankings: readonly Ranking[];
  /** Whether a search in 8 bits told which items to score, and not the product with all of them. */
  readonly isSearched: boolean;
  /** What attention of the unsteered model reads, row-major; shapes below. Whoever is done with it lets go of it (let-go.ts). */
  readonly kept: Float32Array;
}

/** Letters in shapes: B requests, L the longest window, P positions kept at most, d width. One call at a time. */
export interface OnnxModel {
  /** Whole windows. kept [B, L, layers, d]; what lies beyond a window's length is of no meaning. */
  window(requests: readonly EngineRequest[]): Promise<OnnxAnswer>;
  /**
   * The last item of each window alone. kept [B, layers, d]: the new position's.
   * @param past [layers, B, P, d]; P is told by its length
   * @param lengths by request: positions that count, its window's length - 1, at most P
   */
  step(requests: readonly EngineRequest[], past: Float32Array, lengths: Int32Array): Promise<OnnxAnswer>;
  release(): Promise<void>;
}

/** @throws Error where the provider is missing */
export async function openOnnxModel(checkpoint: Checkpoint, options: OnnxOptions): Promise<OnnxModel> {
  const { manifest, weights, attributes } = checkpoint;
  const { gptrec } = manifest;
  // Products of integers are a processor's: GPUs multiply floats.
  const mostCode = options.provider === 'cpu' ? await mostCodeHere(options) : undefined;
  const graphs = onnxGraphs(checkpoint, mostCode);
  const files = new Map([[WEIGHTS, writeSafetensors(weights)]]);
  const window = await openSession(graphs.window, files, options);
  const step = await openSession(graphs.step, files, options);
  const scratch = new Scratch();
  const ranking = new RankingInputs(gptrec.items, attributes.items, scoreColumns(checkpoint), scratch);
  const feedsOf = (requests: readonly EngineRequest[]): Feeds => ({
    ...modelEdits(requests, manifest, scratch),
    ...ranking.feeds(requests),
  });
  return {
    window: (requests) => answer(window, requests, { ...feedsOf(requests), ...windowFeeds(requests, scratch) }),
    step(requests, past, lengths) {
      const B = requests.length;
      const item = scratch.int32('item', B);
      for (const [b, request] of requests.entries()) item[b] = request.window.at(-1) ?? 0;
      return answer(step, requests, {
        ...feedsOf(requests),
        ...pastFeeds(past, B, gptrec),
        item: new Tensor('int32', item, [B]),
        lengths: new Tensor('int32', lengths, [B]),
      });
    },
    async release() {
      await window.release();
      await step.release();
    },
  };
}

/** The parts of `past` [layers, B, P, d], as they lie. */
function pastFeeds(past: Float32Array, B: number, { layers, width }: GptRecShape): Feeds {
  const size = past.length / layers;
  const shape = [B, size / (B * width), width];
  const feeds: Feeds = {};
  for (let l = 0; l < layers; l++)
    feeds[`past.${l + 1}`] = new Tensor('float32', past.subarray(l * size, (l + 1) * size), shape);
  return feeds;
}

function windowFeeds(requests: readonly EngineRequest[], scratch: Scratch): Feeds {
  const B = requests.length;
  const L = requests.reduce((most, { window }) => Math.max(most, window.length), 1);
  const items = scratch.int32('items', B * L).fill(0);
  const lengths = scratch.int32('lengths', B);
  for (const [b, { window }] of requests.entries()) {
    items.set(window, b * L);
    lengths[b] = window.length;
  }
  return { items: new Tensor('int32', items, [B, L]), lengths: new Tensor('int32', lengths, [B]) };
}

async function answer(
  session: InferenceSession,
  requests: readonly EngineRequest[],
  feeds: Feeds,
): Promise<OnnxAnswer> {
  const outputs = await session.run(feeds);
  const names = ['best_items', 'best_scores', 'query', 'kept'];
  const [items, scores, queries, kept] = names.map((name) => outputs[name]?.data);
  const d = (queries as Float32Array).length / requests.length;
  const width = (items as Int32Array).length / requests.length;
  const rankings = requests.map(({ k }, b): Ranking => {
    const start = b * width;
    let end = start + Math.min(k, width);
    while (end > start && ((scores as Float32Array)[end - 1] ?? 0) <= UNLISTED / 10) end--;
    return {
      items: (items as Int32Array).slice(start, end),
      scores: (scores as Float32Array).slice(start, end),
      query: (queries as Float32Array).subarray(b * d, (b + 1) * d),
    };
  });
  const isSearched = (outputs['is_searched']?.data as Uint8Array | undefined)?.[0] === 1;
  return { rankings, isSearched, kept: kept as Float32Array };
}
