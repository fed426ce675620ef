/**
 * What crosses between the main thread and a worker. Arrays of a batch and of its answer are handed over, not copied; the
 * memory of what is kept and the weights are shared. Messages are answered in their order.
 */
import type { Transferable } from 'node:worker_threads';
import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import type { EngineRequest, Ranking } from '../../ports/engine.js';
import { type PackedEdits, packEdits, unpackEdits } from './packed-edits.js';
import { packRows, type Rows, unpackRows } from './rows.js';
import type { Provider } from './session.js';

/** What a worker is started with. */
export interface WorkerStart {
  readonly checkpoint: Checkpoint;
  readonly provider: Provider;
  /** Of what is kept of windows, see pages.ts. */
  readonly memory: SharedArrayBuffer;
}

/** By item, 1: not to be listed. Sent once; requests name it. */
export interface MaskMessage {
  readonly kind: 'mask';
  readonly id: number;
  readonly mask: Uint8Array;
}

export interface BatchMessage {
  readonly kind: 'batch';
  readonly id: number;
  /** `step`: the last items alone, from pages that hold what comes before; `window`: whole windows. */
  readonly what: 'step' | 'window';
  readonly windows: Rows;
  readonly excluded: Rows;
  readonly edits: PackedEdits;
  readonly masks: Int32Array<ArrayBuffer>;
  readonly ks: Int32Array<ArrayBuffer>;
  readonly pages: Rows;
  /** By request, 1: what is to be kept is written to its pages. */
  readonly isKept: Uint8Array<ArrayBuffer>;
}

export type ToWorker =
  | MaskMessage
  | BatchMessage
  | { readonly kind: 'forget'; readonly id: number }
  | { readonly kind: 'end' };

export interface RankedMessage {
  readonly kind: 'ranked';
  readonly id: number;
  readonly items: Rows;
  readonly scores: Float32Array<ArrayBuffer>;
  /** [B, d]; empty where the model does not tell them. */
  readonly queries: Float32Array<ArrayBuffer>;
  readonly isSearched: boolean;
  /** By stage: pack, run, keep. */
  readonly ms: Readonly<Record<string, number>>;
}

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unusable'; readonly reason: string }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string }
  | RankedMessage;

/** A request, and where what is kept of its window lies. */
export interface Placed {
  readonly request: EngineRequest;
  readonly pages: readonly number[];
  readonly isKept: boolean;
}

/** @param maskId names a mask that was sent */
export function packBatch(
  id: number,
  what: BatchMessage['what'],
  placed: readonly Placed[],
  maskId: (mask: Uint8Array) => number,
): BatchMessage {
  const requests = placed.map(({ request }) => request);
  return {
    kind: 'batch',
    id,
    what,
    windows: packRows(requests.map(({ window }) => window)),
    excluded: packRows(requests.map(({ excluded }) => excluded)),
    edits: packEdits(requests.map(({ edits }) => edits)),
    masks: Int32Array.from(requests, ({ blocked }) => maskId(blocked)),
    ks: Int32Array.from(requests, ({ k }) => k),
    pages: packRows(placed.map(({ pages }) => pages)),
    isKept: Uint8Array.from(placed, ({ isKept }) => (isKept ? 1 : 0)),
  };
}

export function unpackRequests(batch: BatchMessage, masks: ReadonlyMap<number, Uint8Array>): EngineRequest[] {
  const excluded = unpackRows(batch.excluded);
  const edits = unpackEdits(batch.edits);
  return unpackRows(batch.windows).map((window, b) => {
    const blocked = masks.get(batch.masks[b] ?? -1);
    if (blocked === undefined) throw new Error(`mask ${batch.masks[b]} was not sent`);
    return {
      window,
      blocked,
      excluded: excluded[b] ?? [],
      edits: edits[b] ?? [],
      k: batch.ks[b] ?? 0,
    };
  });
}

export function packRankings(
  id: number,
  { rankings, isSearched }: { readonly rankings: readonly Ranking[]; readonly isSearched: boolean },
  ms: Readonly<Record<string, number>>,
): RankedMessage {
  const items = packRows(rankings.map(({ items }) => items));
  const scores = new Float32Array(items.values.length);
  let at = 0;
  for (const ranking of rankings) {
    scores.set(ranking.scores, at);
    at += ranking.scores.length;
  }
  const width = rankings[0]?.query?.length ?? 0;
  const queries = new Float32Array(rankings.length * width);
  for (const [b, { query }] of rankings.entries()) if (query) queries.set(query, b * width);
  return { kind: 'ranked', id, items, scores, queries, isSearched, ms };
}

export function unpackRankings({ items, scores, queries }: RankedMessage): Ranking[] {
  const rows = unpackRows(items);
  const width = queries.length / rows.length;
  let at = 0;
  return rows.map((row, b) => ({
    items: row.slice(),
    scores: scores.slice(at, (at += row.length)),
    ...(width > 0 && { query: queries.subarray(b * width, (b + 1) * width) }),
  }));
}

export function transfersOf(message: BatchMessage | RankedMessage): Transferable[] {
  const arrays =
    message.kind === 'ranked'
      ? [message.items.values, message.items.lengths, message.scores, message.queries]
      : [
          ...[message.windows, message.excluded, message.pages].flatMap(({ values, lengths }) => [values, lengths]),
          message.edits.numbers,
          message.edits.counts,
          message.masks,
          message.ks,
          message.isKept,
        ];
  return arrays.map(({ buffer }) => buffer);
}
