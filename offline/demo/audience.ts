/**
 * Fresh users who follow their lists: each begins with an item chosen by popularity, then takes one from the list that
 * came back, more often from its top. What they do reaches the log as any producer's interactions do.
 */
import type { Checkpoint } from '../../src/checkpoint/checkpoint.js';
import type { Interaction, RecommendationList } from '../../src/events/events.js';
import type { WireFormat } from '../../src/events/wire-format.js';
import type { Log } from '../../src/ports/log.js';
import { createProgress } from '../../src/terminal/progress.js';
import type { Random } from '../random.js';
import type { ListReader } from './list-reader.js';

export interface AudienceSettings {
  readonly users: number;
  /** Interactions of each. */
  readonly rounds: number;
  /** Distinguishes the users and events of this run from those of others. */
  readonly run: string;
  readonly topic: string;
  readonly wire: WireFormat;
}

export interface Streamed {
  readonly lists: number;
  readonly seconds: number;
  /** The newest list of each user. */
  readonly newest: ReadonlyMap<string, RecommendationList>;
}

export async function streamAudience(
  log: Log,
  reader: ListReader,
  { vocabulary }: Checkpoint,
  settings: AudienceSettings,
  random: Random,
  signal: AbortSignal,
): Promise<Streamed> {
  const { users, rounds, run, topic, wire } = settings;
  const total = users * rounds;
  const encoder = await wire.encoder('interaction', topic);
  const progress = createProgress({ label: 'stream', total, unit: 'lists' });
  const newest = new Map<string, RecommendationList>();
  const isOurs = new Set(Array.from({ length: users }, (_, user) => userId(run, user)));
  let lists = 0;
  const started = performance.now();
  for (let round = 0; round < rounds; round++) {
    const records = [...isOurs].map((user) => {
      const list = newest.get(user);
      const itemId = pick(list, random) ?? vocabulary.items[random.choice(vocabulary.counts)] ?? '';
      const event = interaction(user, itemId, `${run}:${user}:${round}`, list?.listId ?? null);
      return { topic, key: Buffer.from(user), value: encoder.encode(event) };
    });
    await log.append(records);
    const awaited = (round + 1) * users;
    await reader.until((list) => {
      if (!isOurs.has(list.userId)) return false;
      newest.set(list.userId, list);
      lists += 1;
      progress.tick(lists);
      return lists >= awaited;
    }, signal);
  }
  progress.end();
  return { lists, seconds: (performance.now() - started) / 1000, newest };
}

const userId = (run: string, user: number): string => `demo-${run}-${user + 1}`;

/** The item at rank r with weight 1/r. */
function pick(list: RecommendationList | undefined, random: Random): string | undefined {
  if (list === undefined || list.items.length === 0) return undefined;
  return list.items[random.choice(list.items.map((_, index) => 1 / (index + 1)))]?.itemId;
}

function interaction(user: string, itemId: string, eventId: string, listId: string | null): Interaction {
  const context = { device: null, page: 'demo', market: null, maturityLimit: null };
  return { eventId, userId: user, itemId, kind: 'view', value: null, occurredAt: Date.now(), listId, context };
}
