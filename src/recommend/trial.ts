/**
 * A checkpoint is tried before it serves: it ranks a sample of windows, and where another serves, that one ranks the same
 * windows. The windows are drawn from the items that both know, more popular ones more often, always the same ones for
 * the same two checkpoints: so every instance judges alike. Half of them it ranks once more, steered by all that its map
 * can steer, to and fro.
 */
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { CheckpointRefused } from '../checkpoint/files.js';
import type { Gains } from '../events/events.js';
import type { EngineRequest, LoadedModel, Ranking } from '../ports/engine.js';
import { Unavailable } from '../ports/errors.js';
import { createPlanner } from '../steering/plan.js';
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

/** Windows and lists are of item ids here, since the two number them differently. */
type Ids = readonly string[];

/**
 * Mean share of the serving one's top 10 that is in the other's, too; undefined where nothing serves, or no item is
 * known to both. It also warms the engine: the first user does not wait for what a runtime does once.
 * @throws CheckpointRefused where the lists are absurd: empty or not finite; OneForAll where they differed; LoadFailed where there are none; Unavailable where the serving one does not answer now
 */
export async function tryOut(next: Tried, serving: Tried | undefined): Promise<number | undefined> {
  const both = serving && shared(next.checkpoint, serving.checkpoint);
  const items = both !== undefined && both.length > 0 ? both : next.checkpoint.vocabulary.items;
  const windows = drawWindows(items, next.checkpoint);
  const requests = requestsOf(next, windows, items);
  const steered = steeredOf(next, requests);
  const answers = await next.model.recommend([...requests, ...steered]).catch((error: unknown) => {
    throw new LoadFailed(error);
  });
  for (const [i, ranking] of answers.entries()) checkSane(ranking, steered[i - requests.length]);
  const rankings = answers.slice(0, requests.length);
  const others = serving && items === both ? await ranked(serving, windows, items).catch(noComparison) : undefined;
  if (serving === undefined || others === undefined) return undefined;
  return agreementOf(
    rankings.map((one) => listOf(one, next)),
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

function shared(next: Checkpoint, serving: Checkpoint): Ids {
  const known = new Set(serving.vocabulary.items);
  return next.vocabulary.items.filter((itemId) => known.has(itemId));
}

function drawWindows(items: Ids, { vocabulary, manifest }: Checkpoint): readonly Ids[] {
  const counts = new Map(vocabulary.items.map((itemId, i) => [itemId, vocabulary.counts[i] ?? 0]));
  let sum = 0;
  const upTo = items.map((itemId) => (sum += 1 + (counts.get(itemId) ?? 0)));
  const random = sequence();
  return Array.from({ length: WINDOWS }, () => {
    const length = 1 + Math.floor(random() * Math.min(LONGEST, manifest.gptrec.window));
    return Array.from({ length }, () => items[firstBeyond(upTo, random() * sum)] ?? '');
  });
}

/** Only `items` can be listed, so that two checkpoints can agree. */
function requestsOf({ checkpoint }: Tried, windows: readonly Ids[], items: Ids): readonly EngineRequest[] {
  const ids = checkpoint.vocabulary.items;
  const index = new Map(ids.map((itemId, i) => [itemId, i]));
  const blocked = new Uint8Array(ids.length).fill(1);
  for (const itemId of items) blocked[index.get(itemId) ?? 0] = 0;
  return windows.map((window) => {
    const known = window.map((itemId) => index.get(itemId) ?? 0).slice(-checkpoint.manifest.gptrec.window);
    return { window: Int32Array.from(known), edits: [], blocked, excluded: [], k: LISTED };
  });
}

async function ranked(serving: Tried, windows: readonly Ids[], items: Ids): Promise<readonly Ranking[]> {
  return serving.model.recommend(requestsOf(serving, windows, items));
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
function firstBeyond(upTo: readonly number[], mark: number): number {
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
