/**
 * A checkpoint is tried before it serves: it ranks a sample of windows, and where another serves, that one ranks the same
 * windows. The windows are drawn from the items that both know, more popular ones more often, always the same ones for
 * the same two checkpoints: so every instance judges alike. Half of them it ranks once more, steered by all that its map
 * can steer, to and fro.
 */
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { CheckpointRefused } from '../checkpoint/files.js';
import type { Gains } from '../events/events.js';
import { inPieces, type Pieces, stretches } from '../ops/pieces.js';
import type { EngineRequest, LoadedModel, Ranking } from '../ports/engine.js';
import { Unavailable } from '../ports/errors.js';
import { createPlanner } from '../steering/plan.js';
import { indexing, type ItemIndex, UNKNOWN } from './item-index.js';
import { LoadFailed } from './load-failed.js';

export interface Tried {
  readonly checkpoint: Checkpoint;
  readonly model: LoadedModel;
}

/** It gives everybody one list: absurd beside what it was compared with, which says nothing of it beside another. */
export class OneForAll extends CheckpointRefused {}

const WINDOWS = 64;
const LONGEST = 20;
const LISTED = 10;
/** Items of a piece of work. */
const PIECE = 2 ** 14;

/** Windows and lists are of item ids here, since the two number them differently. */
type Ids = readonly string[];

/**
 * Mean share of the serving one's top 10 that is in the other's, too; undefined where nothing serves, or no item is
 * known to both. It also warms the engine: the first user does not wait for what a runtime does once.
 * @throws CheckpointRefused where the lists are absurd: empty or not finite; OneForAll where they differed; LoadFailed where there are none; Unavailable where the serving one does not answer now
 */
export async function tryOut(next: Tried, serving: Tried | undefined): Promise<number | undefined> {
  const own = await inPieces(indexing(next.checkpoint));
  const known = serving && (await inPieces(indexing(serving.checkpoint)));
  const both = known && (await inPieces(shared(next.checkpoint.vocabulary.items, known)));
  const items = both !== undefined && both.length > 0 ? both : next.checkpoint.vocabulary.items;
  const windows = await inPieces(drawWindows(items, next.checkpoint, own));
  const requests = await requestsOf(next, own, windows, items);
  const steered = steeredOf(next, requests);
  const answers = await next.model.recommend([...requests, ...steered]).catch((error: unknown) => {
    throw new LoadFailed(error);
  });
  for (const [i, ranking] of answers.entries()) checkSane(ranking, steered[i - requests.length]);
  if (serving === undefined || known === undefined || items !== both) return undefined;
  const others = await serving.model.recommend(await requestsOf(serving, known, windows, items)).catch(noComparison);
  if (others === undefined) return undefined;
  return agreementOf(
    answers.slice(0, requests.length).map((one) => listOf(one, next)),
    others.map((one) => listOf(one, serving)),
  );
}

/** One that is broken cannot keep a better one away. */
function noComparison(error: unknown): undefined {
  if (error instanceof Unavailable) throw error;
}

function agreementOf(lists: readonly Ids[], others: readonly Ids[]): number {
  if (isOneForAll(lists) && !isOneForAll(others)) {
    throw new OneForAll(
      `the checkpoint gives one list to ${WINDOWS} different windows, to which the one in service gives different ones`,
    );
  }
  const agreement = others.map((other, i) => {
    const listed = new Set(lists[i]);
    return other.filter((itemId) => listed.has(itemId)).length / Math.max(1, other.length);
  });
  return agreement.reduce((sum, one) => sum + one, 0) / agreement.length;
}

function* shared(items: Ids, known: ItemIndex): Pieces<Ids> {
  const both: string[] = [];
  for (const [from, to] of stretches(items.length, PIECE)) {
    both.push(...items.slice(from, to).filter((itemId) => known.itemIndex(itemId) !== undefined));
    yield;
  }
  return both;
}

function* drawWindows(items: Ids, { vocabulary, manifest }: Checkpoint, index: ItemIndex): Pieces<readonly Ids[]> {
  let sum = 0;
  const upTo = new Float64Array(items.length);
  for (const [from, to] of stretches(items.length, PIECE)) {
    for (let i = from; i < to; i += 1) {
      const place = index.itemIndex(items[i] ?? '') ?? UNKNOWN;
      upTo[i] = sum += 1 + (vocabulary.counts[place] ?? 0);
    }
    yield;
  }
  const random = sequence();
  return Array.from({ length: WINDOWS }, () => {
    const length = 1 + Math.floor(random() * Math.min(LONGEST, manifest.gptrec.window));
    return Array.from({ length }, () => items[firstBeyond(upTo, random() * sum)] ?? '');
  });
}

function* allBut(items: Ids, index: ItemIndex): Pieces<Uint8Array> {
  const blocked = new Uint8Array(index.size).fill(1);
  for (const [from, to] of stretches(items.length, PIECE)) {
    for (let i = from; i < to; i += 1) blocked[index.itemIndex(items[i] ?? '') ?? 0] = 0;
    yield;
  }
  return blocked;
}

/** Only `items` can be listed, so that two checkpoints can agree. */
async function requestsOf(
  { checkpoint }: Tried,
  index: ItemIndex,
  windows: readonly Ids[],
  items: Ids,
): Promise<readonly EngineRequest[]> {
  const blocked = await inPieces(allBut(items, index));
  return windows.map((window) => {
    const known = window.map((itemId) => index.itemIndex(itemId) ?? 0).slice(-checkpoint.manifest.gptrec.window);
    return { window: Int32Array.from(known), edits: [], blocked, excluded: [], k: LISTED };
  });
}

interface SteeredRequest extends EngineRequest {
  readonly gains: Gains;
}

/** Each attribute at gain 1 and at gain -1, several at once where they are many. */
function steeredOf({ checkpoint }: Tried, requests: readonly EngineRequest[]): readonly SteeredRequest[] {
  const { steeringMap, attributes } = checkpoint;
  const names = steeringMap.attributes.map(({ attribute }) => attribute);
  if (names.length === 0) return [];
  const index = new Map(attributes.names.map((name, a) => [name, a]));
  const planned = createPlanner(steeringMap, (name) => index.get(name));
  const groups = Math.min(names.length, requests.length / 4);
  return requests.slice(0, requests.length / 2).map((request, i) => {
    const group = names.filter((_, a) => a % groups === (i >> 1) % groups);
    const gains = Object.fromEntries(group.map((name) => [name, i % 2 === 0 ? 1 : -1]));
    return { ...request, edits: planned(gains).edits, gains };
  });
}

/** @throws CheckpointRefused */
function checkSane({ items, scores }: Ranking, steered: SteeredRequest | undefined): void {
  const by = steered === undefined ? '' : `, steered by ${JSON.stringify(steered.gains)},`;
  if (scores.some((score) => !Number.isFinite(score)))
    throw new CheckpointRefused(`the checkpoint${by} gives scores that are not finite`);
  if (items.length === 0) throw new CheckpointRefused(`the checkpoint${by} ranks nothing`);
}

const listOf = ({ items }: Ranking, { checkpoint }: Tried): Ids =>
  Array.from(items, (item) => checkpoint.vocabulary.items[item] ?? '');

function isOneForAll(lists: readonly Ids[]): boolean {
  return new Set(lists.map((list) => JSON.stringify(list))).size === 1;
}

/** Index of the first value beyond `mark`. @param upTo ascending */
function firstBeyond(upTo: Float64Array, mark: number): number {
  let [low, high] = [0, upTo.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((upTo[middle] ?? 0) > mark) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Always the same numbers in [0, 1), by Marsaglia's xorshift. */
function sequence(): () => number {
  let state = 2463534242;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
