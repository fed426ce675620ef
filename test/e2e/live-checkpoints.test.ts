/** The service on a bucket: a candidate, its promotion, a rollback, lists made anew, and an item that no checkpoint knows. */
import { describe, expect, it } from 'vitest';
import { runCli } from '../../offline/cli.js';
import { S3CheckpointStore } from '../../src/adapters/checkpoints/s3-checkpoint-store.js';
import type { RecommendationList } from '../../src/events/events.js';
import { placeOf } from '../../src/recommend/canary.js';
import { runLists } from '../../src/tools/lists.js';
import { madeBucket } from '../builders/bucket.js';
import { TINY_ATTRIBUTES, tinyCheckpointFiles } from '../builders/checkpoint.js';
import { catalogueItem, interaction } from '../builders/events.js';
import { startService } from '../builders/service-process.js';
import { useS3 } from '../services/use.js';
import { untilReady, World } from './world.js';

const endpoint = await useS3();
const SHARE = 40;
const USERS = Array.from({ length: 12 }, (_, i) => `user-${i}`);
const numberOf = ({ checkpoint }: RecommendationList): number => Number.parseInt(checkpoint, 10);

describe('the service with checkpoints in a bucket', { timeout: 90_000 }, () => {
  it('serves a candidate to its share, promotes it and goes back; no user’s number falls', async () => {
    const world = await World.create();
    const place = await madeBucket(endpoint);
    const store = new S3CheckpointStore({ ...place, prefix: 'live' });
    const variables = {
      DIR: world.dir,
      CHECKPOINTS: `s3://${place.bucket}/live`,
      CHECKPOINT_POLL: '1',
      S3_ENDPOINT: endpoint,
      S3_PATH_STYLE: 'on',
      LIST_SIZE: '50',
    };
    const env = Object.fromEntries(Object.entries(variables).map(([name, value]) => [`STEERSTREAM_${name}`, value]));
    const terminal = { env, signal: new AbortController().signal, out: () => undefined, err: () => undefined };
    await store.publish(tinyCheckpointFiles(1));
    await store.publish(tinyCheckpointFiles(2), { share: SHARE });
    await world.put(catalogueItem({ itemId: 'brand-new', attributes: [TINY_ATTRIBUTES[1]] }));
    const service = await startService(variables);
    await untilReady(service.url);
    const metric = async (name: string): Promise<string | undefined> =>
      (await (await fetch(`${service.url}/metrics`)).text()).split('\n').find((line) => line.startsWith(`${name} `));
    const serves = (sequence: number) =>
      expect
        .poll(() => metric('steerstream_checkpoint_sequence'), { timeout: 20_000 })
        .toBe(`steerstream_checkpoint_sequence ${sequence}`);
    const refreshed = async (run: string, count: number): Promise<RecommendationList[]> => {
      expect(await runLists(['refresh', ...USERS, '--run', run], terminal)).toBe(0);
      return (await world.awaitLists(count)).filter(({ reason }) => reason.trigger === 'refresh');
    };

    await world.interact(...USERS.map((userId, i) => interaction({ userId, itemId: `i${i}`, eventId: `e${i}` })));
    const first = await world.awaitLists(USERS.length);
    for (const list of first) expect(numberOf(list)).toBe(placeOf(list.userId) < SHARE ? 2 : 1);
    expect(new Set(first.map(numberOf))).toEqual(new Set([1, 2]));
    for (const { items } of first)
      expect(items.filter(({ cold }) => cold).map(({ itemId }) => itemId)).toEqual(['brand-new']);
    expect(await metric('steerstream_candidate_sequence')).toBe('steerstream_candidate_sequence 2');
    expect(await metric('steerstream_candidate_share_ratio')).toBe('steerstream_candidate_share_ratio 0.4');

    expect(await runCli(['promote'], terminal)).toBe(0);
    await serves(3);
    const promoted = await refreshed('promoted', 2 * USERS.length);
    expect(promoted.map(numberOf)).toEqual(USERS.map(() => 3));

    expect(await runCli(['rollback'], terminal)).toBe(0);
    await serves(4);
    const back = (await refreshed('back', 3 * USERS.length)).filter((list) => numberOf(list) === 4);
    expect(back).toHaveLength(USERS.length);
    for (const list of back.filter(({ userId }) => placeOf(userId) >= SHARE)) {
      const earlier = first.find(({ userId }) => userId === list.userId);
      expect(list.items.map(({ itemId }) => itemId)).toEqual(earlier?.items.map(({ itemId }) => itemId));
    }
    expect(service.stderr()).not.toContain('"level":"error"');
    expect((await service.end('SIGTERM')).status).toBe(0);
  });
});
