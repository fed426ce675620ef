/** `publish`'s siblings on a folder and on a bucket: what users are served after each, by the service's own rules. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../offline/cli.js';
import { candidateTerms } from '../../offline/publish/again.js';
import { openCheckpoints } from '../../src/adapters/open.js';
import { contentId } from '../../src/checkpoint/files.js';
import { loadConfig } from '../../src/config.js';
import type { CheckpointStore } from '../../src/ports/checkpoint-store.js';
import { ladderOf } from '../../src/recommend/canary.js';
import { madeBucket } from '../builders/bucket.js';
import { tinyCheckpointFiles } from '../builders/checkpoint.js';
import { temporaryFolder } from '../builders/folder.js';
import { answer, type Environment, expectMistake } from '../builders/tools.js';
import { useS3 } from '../services/use.js';

const endpoint = await useS3();

const inFolder = async (): Promise<Environment> => ({ STEERSTREAM_CHECKPOINTS: join(temporaryFolder(), 'published') });
const inBucket = async (): Promise<Environment> => ({
  STEERSTREAM_CHECKPOINTS: `s3://${(await madeBucket(endpoint)).bucket}/published`,
  STEERSTREAM_S3_ENDPOINT: endpoint,
  STEERSTREAM_S3_PATH_STYLE: 'on',
});
const [A, B, C] = [1, 2, 3].map((seed) => tinyCheckpointFiles(seed)) as [
  Map<string, Buffer>,
  Map<string, Buffer>,
  Map<string, Buffer>,
];

async function setUp(environment: () => Promise<Environment>) {
  const env = await environment();
  const store = await openCheckpoints(loadConfig(env).checkpoints.place);
  const run = (...args: string[]) => answer(runCli, env, args);
  return { env, store, run };
}

/** Content by share, newest first. */
async function served(store: CheckpointStore): Promise<readonly (readonly [number, string])[]> {
  const ladder = ladderOf(await store.newest());
  return Promise.all(
    ladder.map(async ({ sequence, share }) => [share, contentId(await store.read(sequence))] as const),
  );
}

describe.each([
  ['a folder', inFolder],
  ['a bucket', inBucket],
])('publications in %s', (_, environment) => {
  it('a candidate is given more users, then all', async () => {
    const { store, run } = await setUp(environment);
    await store.publish(A);
    await store.publish(B, { share: 5 });
    expect((await run('promote', '--share', '50')).out).toBe(
      `checkpoint 3-${contentId(B)} for 50 %: the content of 2, which was for 5 %\n`,
    );
    expect(await served(store)).toEqual([
      [50, contentId(B)],
      [100, contentId(A)],
    ]);
    expect(await run('promote', '--share', '50')).toMatchObject({ code: 2, out: '' });
    expect((await run('promote')).out).toMatch(
      /^checkpoint 4-.* for everybody: the content of 3, which was for 50 %\n$/,
    );
    expect(await served(store)).toEqual([[100, contentId(B)]]);
  });

  it('a candidate is withdrawn', async () => {
    const { store, run } = await setUp(environment);
    await store.publish(A);
    await store.publish(B, { share: 5 });
    expect(await run('withdraw')).toMatchObject({ code: 0 });
    expect(await served(store)).toEqual([[100, contentId(A)]]);
    const { code, err } = await run('withdraw');
    expect([code, err]).toEqual([2, expect.stringMatching(/^there is no candidate in .*\n$/)]);
  });

  it('what served before serves again, over a candidate that never served everybody', async () => {
    const { store, run } = await setUp(environment);
    await store.publish(A);
    await store.publish(B);
    await store.publish(C, { share: 5 });
    await store.publish(B);
    expect(await run('rollback')).toMatchObject({
      code: 0,
      out: `checkpoint 5-${contentId(A)} for everybody: the content of 1, which was for everybody\n`,
    });
    expect(await served(store)).toEqual([[100, contentId(A)]]);
    expect((await run('rollback', '3')).out).toContain(`checkpoint 6-${contentId(C)}`);
    // One that is not whole served nobody.
    const torn = new Map([['weights.safetensors', Buffer.alloc(1)]]);
    await store.publish(torn);
    await store.publish(torn);
    expect((await run('rollback')).out).toContain(`checkpoint 9-${contentId(C)} for everybody: the content of 6`);
  });

  it('shows what is published', async () => {
    const { store, run } = await setUp(environment);
    expect((await run('inspect', 'checkpoints')).out).toMatch(/^nothing is published in .* yet\n$/);
    await store.publish(A);
    await store.publish(B, { share: 5 });
    const { out } = await run('inspect', 'checkpoints');
    expect(out.split('\n')).toEqual([
      `1-${contentId(A)}  for everybody, made 2026-01-01T00:00:00.000Z, NDCG@10 0.2000`,
      `2-${contentId(B)}  for 5 % of the users, made 2026-01-01T00:00:00.000Z, NDCG@10 0.2000`,
      '',
    ]);
    expect(JSON.parse((await run('inspect', 'checkpoint', '2')).out)).toMatchObject({ seed: 2 });
  });

  it('refuses in a line what cannot be, and publishes nothing', async () => {
    const { store, run } = await setUp(environment);
    await expect(candidateTerms(store, 5)).rejects.toThrow('publish something for everybody first');
    expectMistake(await run('rollback'), /^nothing is published in/);
    await store.publish(A);
    expectMistake(await run('rollback'), /^nothing else served/);
    expectMistake(await run('rollback', '7'), /^there is no checkpoint 7/);
    expect(await run('inspect', 'checkpoint', '7')).toMatchObject({ code: 2 });
    const broken = new Map([...B, ['vocabulary.json', Buffer.from('{}')] as const]);
    await store.publish(broken, { share: 20 });
    expectMistake(await run('promote'), /cannot be used: vocabulary.json is not what was published\n$/);
    await expect(candidateTerms(store, 5)).rejects.toThrow('candidate 2 is for 20 % of the users');
    expect(await candidateTerms(store, 20)).toEqual({ share: 20, after: 2 });
    expect(await store.list()).toEqual([1, 2]);
  });
});

describe('a bucket that cannot be reached', () => {
  it('is a line for whoever runs the command', async () => {
    const { run } = await setUp(async () => ({ ...(await inBucket()), STEERSTREAM_CHECKPOINTS: 's3://not-there' }));
    const { code, out, err } = await run('inspect', 'checkpoints');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toBe(
      'cannot list s3://not-there: there is no such bucket: make it, or correct STEERSTREAM_CHECKPOINTS\n',
    );
  });
});
