/** What the judge of the chaos bench does not let pass. */
import { describe, expect, it } from 'vitest';
import type { RecommendationList } from '../../../src/events/events.js';
import { interaction, profileEvent } from '../../builders/events.js';
import { encode } from './bytes.js';
import { placeLists, type Told } from './judge-lists.js';
import { oracleOf } from './oracle.js';
import { difference } from './same-list.js';
import type { Read } from './topics.js';
import { type Emit, USERS, worldOf } from './world.js';
import { partitionOf } from '../../../src/events/murmur2.js';

const WORLD = worldOf('test', 'every-event');
const { interactions, profiles } = WORLD.topics;
const USER = USERS[0]!;
const PARTITION = partitionOf(Buffer.from(USER), 4);

function read(topic: string, offset: number, value: Buffer): Read {
  return { topic, partition: PARTITION, offset, timestamp: 1000 + offset, key: Buffer.from(USER), value };
}

/** Three interactions, of which one came before the start, and two profile events. */
const LOG = [
  ...[0, 1, 2].map((offset) => read(interactions, offset, encode('interaction', interaction({ userId: USER })))),
  ...[0, 1].map((offset) => {
    const event = profileEvent({ userId: USER, gains: { 'genre/Low': offset / 2 }, occurredAt: 1000 + offset });
    return read(profiles, offset, encode('profile-event', event));
  }),
];
const START = { interactions: Array<number>(4).fill(1), profiles: Array<number>(4).fill(0) };
const ORACLE = oracleOf(LOG, WORLD, START).users.get(USER)!;

function told(topic: string, offset: number, equalizerVersion: number): Told {
  const source = { topic, partition: PARTITION, offset };
  const list: RecommendationList = {
    listId: `${topic}-${PARTITION}-${offset}`,
    userId: USER,
    items: [{ itemId: 'i1', score: 1, cold: false }],
    checkpoint: '1-x',
    equalizerVersion,
    effects: [],
    reason: { trigger: 'interaction', ranking: 'model', profile: null },
    source,
    catalogue: [0, 0],
    producedAt: 0,
  };
  return { list, at: 0 };
}

function differences(emit: Emit, lists: readonly Told[]): readonly string[] {
  const found: string[] = [];
  placeLists(ORACLE, lists, emit, profiles, (what) => found.push(what));
  return found;
}

const ALL = [told(interactions, 1, 0), told(profiles, 0, 1), told(interactions, 2, 1), told(profiles, 1, 2)];

describe('the judge of every event', () => {
  it('lets the lists pass in the order of processing, and knows after how many events each stands', () => {
    const placed = placeLists(ORACLE, ALL, 'every-event', profiles, (what) => expect.fail(what));
    expect(placed.map(({ candidates }) => candidates)).toEqual([
      [{ interactions: 2, profiles: 0 }],
      [{ interactions: 2, profiles: 1 }],
      [{ interactions: 3, profiles: 1 }],
      [{ interactions: 3, profiles: 2 }],
    ]);
  });

  it.each([
    ['missing', ALL.toSpliced(0, 1), /no list for test.interactions \d 1/],
    ['missing at the end', ALL.slice(0, 3), /no list for test.profiles \d 1/],
    ['told twice', [...ALL, ALL[3]!], /came again/],
    ['of an event before the start', [told(interactions, 0, 0), ...ALL], /owes none/],
    ['of no event', [...ALL, told(interactions, 7, 2)], /owes none/],
  ])('sees a list that is %s', (_, lists, what) => {
    expect(differences('every-event', lists)).toEqual([expect.stringMatching(what)]);
  });
});

describe('the judge of the latest per batch', () => {
  it('lets lists be left out but for the last, and tries the states that a list may have seen', () => {
    const placed = placeLists(ORACLE, [ALL[1]!, ALL[2]!, ALL[3]!], 'latest-per-batch', profiles, (what) =>
      expect.fail(what),
    );
    expect(placed[0]?.candidates).toEqual([
      { interactions: 1, profiles: 1 },
      { interactions: 2, profiles: 1 },
    ]);
    expect(differences('latest-per-batch', [ALL[3]!])).toEqual([]);
    expect(differences('latest-per-batch', [told(interactions, 2, 2)])).toEqual([]);
  });

  it.each([
    ['missing', [], /the last list .* is missing/],
    ['not of the last event', ALL.slice(0, 3), /not of the last event/],
    ['older than the one before it', [ALL[2]!, ALL[0]!, ALL[3]!], /came again, or after a later one/],
    ['of an equalizer that it cannot have seen', [ALL[1]!, told(interactions, 2, 0), ALL[3]!], /cannot have seen/],
  ])('sees a list that is %s', (_, lists, what) => {
    expect(differences('latest-per-batch', lists)).toEqual([expect.stringMatching(what)]);
  });
});

describe('the comparison of lists', () => {
  const list = {
    ...ALL[0]!.list,
    items: ['a', 'b', 'c'].map((itemId, rank) => ({ itemId, score: 3 - rank, cold: false })),
  };
  const scored = (...items: readonly (readonly [string, number])[]): RecommendationList => {
    return { ...list, items: items.map(([itemId, score]) => ({ itemId, score, cold: false })) };
  };

  it('lets the time of making and equal scores differ', () => {
    expect(difference({ ...list, producedAt: 9 }, list)).toBeUndefined();
    const tied = scored(['a', 3], ['b', 2.00003], ['c', 2]);
    expect(difference(scored(['a', 3], ['c', 2.00002], ['b', 2.00001]), tied)).toBeUndefined();
  });

  it.each([
    ['another item', scored(['a', 3], ['x', 2], ['c', 1])],
    ['another order', scored(['b', 3], ['a', 2], ['c', 1])],
    ['another score', scored(['a', 3.001], ['b', 2], ['c', 1])],
    ['an item less', scored(['a', 3], ['b', 2])],
    ['an item twice', scored(['a', 3], ['b', 2], ['b', 1])],
    ['another checkpoint', { ...list, checkpoint: '2-x' }],
  ])('sees %s', (_, other) => {
    expect(difference(other, list)).toBeDefined();
  });
});
