/** The processor on the embedded adapters: what goes in, and what comes out. */
import { describe, expect, it } from 'vitest';
import { Unavailable } from '../../src/ports/errors.js';
import type { OutgoingRecord } from '../../src/ports/log.js';
import type { ListRequest, Recommender } from '../../src/recommend/recommender.js';
import { catalogueItem, interaction, profileEvent } from '../builders/events.js';
import { interactionRecord, itemRecord, profileRecord, tombstone } from '../builders/records.js';
import { openProcessor } from '../builders/running.js';
import { echoRecommender, EMPTY_CATALOGUE, TEST_SETTINGS } from '../builders/stream.js';

const USERS = ['ann', 'bob', 'cyd', 'dan'];
const ONE = { partitions: 1 };

function view(userId: string, itemId = 'film'): OutgoingRecord {
  return interactionRecord(interaction({ userId, itemId }));
}

/** An echo that may fail first. */
function echoUnless(failure: (requests: readonly ListRequest[]) => Error | undefined): Recommender {
  const echo = echoRecommender(EMPTY_CATALOGUE);
  return {
    async recommend(requests) {
      const error = failure(requests);
      if (error) throw error;
      return echo.recommend(requests);
    },
  };
}

describe('the processor', () => {
  it('answers an interaction and a profile event with a list each, and a repeat with none', async () => {
    const { log, processor, start, send, outcome } = await openProcessor(USERS, {}, ONE);
    await log.append([itemRecord(catalogueItem({ itemId: 'film' }))]);
    await start();
    const once = view('ann');
    await send(once, once);
    await send(profileRecord(profileEvent({ userId: 'ann', gains: { 'genre/a': 0.5 } })));
    const lists = (await outcome()).lists.ann!;
    expect(
      lists.map(({ reason, items, equalizerVersion }) => [reason.trigger, items[0]?.itemId, equalizerVersion]),
    ).toEqual([
      ['interaction', 'film', 0],
      ['profile', 'film', 1],
    ]);
    expect(processor.status().tasks[0]?.counts).toEqual({ records: 3, lists: 2, deadLetters: 0, unchanged: 1 });
  });

  it('makes states of what was there before its first start, and lists of what came after', async () => {
    const { log, start, send, outcome } = await openProcessor(USERS);
    await log.append([view('ann'), view('bob')]);
    await start();
    expect((await outcome()).lists).toEqual({});
    await send(view('ann'));
    const { lists, states } = await outcome();
    expect(Object.keys(lists)).toEqual(['ann']);
    expect(
      Object.values(states)
        .map(({ history }) => history.accepted)
        .sort(),
    ).toEqual([1, 2]);
  });

  it('has its recommender catch up when it has fenced earlier owners, and before the first list', async () => {
    const echo = echoRecommender(EMPTY_CATALOGUE);
    const seen: string[] = [];
    const recommender: Recommender = {
      recommend: (requests) => {
        seen.push('recommend');
        return echo.recommend(requests);
      },
      catchUp: async () => void seen.push('catch up'),
    };
    const onStep = (step: string): void => {
      if (step === 'settled') seen.push(step);
    };
    const { start, send } = await openProcessor(USERS, { recommender, onStep }, ONE);
    await start();
    await send(view('ann'));
    expect(seen).toEqual(['settled', 'catch up', 'recommend']);
  });

  it('follows the catalogue between batches', async () => {
    const { log, start, send, outcome } = await openProcessor(USERS);
    await start();
    await send(view('ann'));
    await log.append([itemRecord(catalogueItem({ itemId: 'film' }))]);
    await send(view('ann'));
    await log.append([tombstone('film')]);
    await send(view('ann'));
    const lists = (await outcome()).lists.ann!;
    expect(lists.map(({ items }) => items.length)).toEqual([0, 2, 0]);
    expect(lists.map(({ catalogue }) => catalogue.reduce((a, b) => a + b, 0))).toEqual([0, 1, 2]);
  });

  it('writes bad records to the dead letters, and goes on', async () => {
    const { start, send, outcome } = await openProcessor(USERS, {}, ONE);
    await start();
    const key = Buffer.from('ann');
    const value = Buffer.alloc(TEST_SETTINGS.maxRecordBytes + 1, 1);
    await send(
      { topic: 'interactions', key, value },
      { topic: 'profiles', key: Buffer.from('bob'), value: Buffer.from('?') },
      view('ann'),
    );
    const { deadLetters, lists } = await outcome();
    expect(lists.ann).toHaveLength(1);
    expect(deadLetters['0']).toHaveLength(2);
    expect(deadLetters['0']?.find(({ reason }) => reason === 'oversize')).toMatchObject({
      source: { topic: 'interactions', partition: 0, offset: 0 },
      key,
      value,
      valueLength: value.length,
    });
  });

  it("makes a list for each user's last input of a batch only, where that is wanted", async () => {
    const settings = { ...TEST_SETTINGS, emit: 'latest-per-batch' as const, start: 'earliest' as const };
    const { log, start, outcome } = await openProcessor(USERS, { settings }, ONE);
    const at = (userId: string, occurredAt: number): OutgoingRecord =>
      interactionRecord(interaction({ userId, occurredAt }));
    await log.append([at('ann', 1), at('ann', 2), at('bob', 3), at('ann', 4)]);
    await start();
    const { lists } = await outcome();
    expect(lists.ann?.map(({ source }) => source.offset)).toEqual([3]);
    expect(lists.bob?.map(({ source }) => source.offset)).toEqual([2]);
  });

  it('ends gains at their time, once, by an event in the log', async () => {
    let now = 1_700_000_000_000;
    const { log, start, send, caughtUp, outcome } = await openProcessor(USERS, { now: () => now }, ONE);
    const events = async (): Promise<number> => (await log.extents('profiles'))[0]?.end ?? 0;
    await start();
    const set = profileEvent({ userId: 'ann', gains: { 'genre/a': 1 }, expiresAt: now + 500, occurredAt: now });
    await send(profileRecord(set));
    now += 499;
    await caughtUp();
    expect(await events()).toBe(1);
    now += 1;
    await caughtUp();
    await caughtUp();
    expect(await events()).toBe(2);
    const lists = (await outcome()).lists.ann!;
    expect(lists.map(({ effects, reason }) => [effects.length, reason.profile])).toEqual([
      [1, 'applied'],
      [0, 'applied'],
    ]);
  });

  it('is ready while the catalogue is read and all its tasks run; a standby takes over when it leaves', async () => {
    const first = await openProcessor(USERS);
    expect(first.processor.status()).toMatchObject({ ready: false, phase: 'new' });
    await first.start();
    expect(first.processor.status()).toMatchObject({ ready: true, phase: 'working', tasks: [{ lag: 0 }, { lag: 0 }] });
    const second = await openProcessor(USERS, {}, { folder: first.folder });
    await second.processor.start();
    expect(second.processor.status()).toMatchObject({ ready: false, phase: 'standby', tasks: [] });
    const taken = second.caughtUp();
    await first.processor.close();
    expect(first.processor.status()).toMatchObject({ ready: false, phase: 'closed', tasks: [] });
    await taken;
    expect(second.processor.status().ready).toBe(true);
    await second.send(view('ann'));
    expect((await second.outcome()).lists.ann).toHaveLength(1);
  });

  it('finishes a batch in flight when it is closed, and starts no other', async () => {
    const held = Promise.withResolvers<undefined>();
    const { log, processor, start, until, outcome } = await openProcessor(
      USERS,
      { onStep: (step) => (step === 'recommended' ? held.promise.then(() => undefined) : undefined) },
      ONE,
    );
    await start();
    const there = until((step) => step === 'recommended');
    await log.append([view('ann')]);
    await there;
    const revoking = until((step) => step === 'revoking');
    const closing = processor.close();
    await revoking;
    await log.append([view('bob')]);
    held.resolve(undefined);
    await closing;
    const { lists, markers } = await outcome();
    expect(Object.keys(lists)).toEqual(['ann']);
    expect(markers).toEqual([{ interactions: 1, profiles: 0 }]);
  });

  it('pauses one task that cannot be served, and the others go on', async () => {
    let broken = true;
    const recommender = echoUnless((requests) =>
      broken && requests.some(({ state }) => state.userId === 'ann') ? new Unavailable('no engine') : undefined,
    );
    const { processor, log, start, until, caughtUp, outcome } = await openProcessor(USERS, { recommender });
    await start();
    const paused = until(() => processor.status().tasks.some(({ lastError }) => lastError === 'no engine'));
    const served = until((step) => step === 'stored');
    await log.append(USERS.map((user) => view(user)));
    await Promise.all([paused, served]);
    expect(Object.keys((await outcome()).lists)).not.toContain('ann');
    broken = false;
    await caughtUp();
    const { lists } = await outcome();
    expect(Object.keys(lists).sort()).toEqual(USERS);
    for (const own of Object.values(lists)) expect(own).toHaveLength(1);
  });

  it('reports a fault, and does not hide it in a retry', async () => {
    const fault = Promise.withResolvers<unknown>();
    const recommender = echoUnless(() => new TypeError('a bug'));
    const { log, start, processor } = await openProcessor(USERS, { onFault: fault.resolve, recommender });
    await start();
    await log.append([view('ann')]);
    expect(String(await fault.promise)).toBe('TypeError: a bug');
    expect(processor.status().ready).toBe(false);
  });

  it('names topics that are missing', async () => {
    const settings = { ...TEST_SETTINGS, topics: { ...TEST_SETTINGS.topics, profiles: 'nowhere' } };
    const { processor } = await openProcessor(USERS, { settings });
    await expect(processor.start()).rejects.toThrow(/nowhere/);
  });
});
