/**
 * A model of which what is kept says which item stands where, and which refuses any that is not what it should be; its
 * scores are a hash of the whole window and the edits. So a list that was made of what is kept is right, or there is none;
 * nor is there one while what the last answer gave was not let go. It does what its checkpoint's gate says, and dies for a
 * request that excludes DEADLY, or at once of a checkpoint of the seed FATAL.
 */
import { FORMAT_VERSION } from '../../src/checkpoint/manifest.js';
import type { Checkpoint } from '../../src/checkpoint/checkpoint.js';
import { rankScores } from '../../src/model/rank.js';
import type { EngineRequest, Ranking } from '../../src/ports/engine.js';
import type { OnnxModel } from '../../src/adapters/onnx/onnx-model.js';

/** Excluding it ends the worker. */
export const DEADLY = 4095;
/** Seed of a checkpoint of which a worker dies as it opens it. */
export const FATAL = 4093;
/** Excluding it makes the model fail. */
export const POISON = 4094;

function pass(state: Int32Array | undefined): void {
  if (state === undefined) return;
  Atomics.add(state, 1, 1);
  Atomics.notify(state, 1);
  Atomics.wait(state, 0, 1);
  Atomics.sub(state, 1, 1);
}

export function openFakeModel({ manifest, vocabulary, attributes }: Checkpoint): Promise<OnnxModel> {
  if (manifest.formatVersion !== FORMAT_VERSION) return Promise.reject(new Error('this model cannot be served'));
  if (manifest.seed === FATAL) process.exit(3);
  const gate = attributes.items[attributes.names.indexOf('gate')];
  if (gate?.[2] === 1) return Promise.reject(new Error('device lost'));
  const { layers, width } = manifest.gptrec;
  const row = layers * width;
  const rank = (request: EngineRequest): Ranking =>
    rankScores(fakeScores(request, vocabulary.items.length, manifest.seed), request, attributes.items);
  let last = new Float32Array();
  const begin = (requests: readonly EngineRequest[]): void => {
    pass(gate);
    if (last.length > 0) throw new Error('what the last batch gave is still there');
    for (const { excluded } of requests) {
      if (excluded.includes(POISON)) throw new Error('poisoned');
      if (excluded.includes(DEADLY)) process.exit(7);
    }
  };
  return Promise.resolve({
    async window(requests) {
      begin(requests);
      const L = Math.max(...requests.map(({ window }) => window.length));
      const kept = (last = new Float32Array(requests.length * L * row).fill(NaN));
      for (const [b, { window }] of requests.entries())
        for (const [p, item] of window.entries()) kept.set(fakeRow(item, p, row), (b * L + p) * row);
      return { rankings: requests.map(rank), isSearched: false, kept };
    },
    async step(requests, past, lengths) {
      begin(requests);
      const P = past.length / row / requests.length;
      const kept = (last = new Float32Array(requests.length * row));
      for (const [b, { window }] of requests.entries()) {
        if (lengths[b] !== window.length - 1 || lengths[b] > P) throw new Error(`a past of ${lengths[b]} of ${P}`);
        for (const [p, item] of window.subarray(0, -1).entries()) {
          const found = Float32Array.from({ length: row }, (_, i) => {
            const layer = Math.floor(i / width);
            return past[((layer * requests.length + b) * P + p) * width + (i % width)]!;
          });
          if (fakeRow(item, p, row).some((value, i) => value !== found[i]))
            throw new Error(`what is kept of item ${item} at ${p} of [${window.join(' ')}] are ${found.join(' ')}`);
        }
        kept.set(fakeRow(window.at(-1)!, window.length - 1, row), b * row);
      }
      return { rankings: requests.map(rank), isSearched: false, kept };
    },
    release: () => Promise.resolve(),
  });
}

const fakeRow = (item: number, position: number, row: number): Float32Array =>
  Float32Array.from({ length: row }, (_, i) => item * 4096 + position * 32 + (i % 32));

function fakeScores({ window, edits }: EngineRequest, items: number, seed: number): Float32Array {
  let hash = seed;
  for (const item of window) hash = Math.imul(hash ^ (item + 1), 0x01000193);
  for (const edit of edits) {
    if (edit.kind === 'score') continue;
    for (const part of JSON.stringify(edit)) hash = Math.imul(hash ^ part.charCodeAt(0), 0x01000193);
  }
  return Float32Array.from({ length: items }, (_, item) => {
    const mixed = Math.imul(hash ^ (item * 0x9e3779b9), 0x85ebca6b);
    return ((mixed ^ (mixed >>> 13)) >>> 8) / 2 ** 24;
  });
}

/** What a fake model lists. */
export function fakeRanking({ manifest, vocabulary, attributes }: Checkpoint, request: EngineRequest): Ranking {
  const scores = fakeScores(request, vocabulary.items.length, manifest.seed);
  return rankScores(scores, request, attributes.items);
}
