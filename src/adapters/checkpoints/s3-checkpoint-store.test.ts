import type { IncomingMessage } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { answerWith, madeBucket, meddledBucket } from '../../../test/builders/bucket.js';
import { useS3 } from '../../../test/services/use.js';
import { PublicationRefused } from '../../ports/checkpoint-store.js';
import { Unavailable } from '../../ports/errors.js';
import { S3CheckpointStore } from './s3-checkpoint-store.js';
import { S3Objects, type S3Place } from './s3-objects.js';

const s3 = await useS3();
const files = (size = 1) => new Map([['manifest.json', Buffer.alloc(size, 'm')]]);

async function contentOf(place: S3Place): Promise<readonly string[]> {
  const { S3Client, ListObjectsV2Command } = await import('@aws-sdk/client-s3');
  const client = new S3Client({ endpoint: s3, region: 'us-east-1', forcePathStyle: true });
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: place.bucket }));
  return Contents.map(({ Key = '' }) => Key);
}

describe('S3CheckpointStore', () => {
  it('checks sizes before it reads, and that files are whole', async () => {
    const place = await madeBucket(s3);
    const store = new S3CheckpointStore(place);
    await store.publish(files(11));
    await expect(new S3CheckpointStore(place, { files: 9, bytes: 10 }).read(1)).rejects.toThrow('11 bytes');
    const key = (await contentOf(place)).find((name) => name.startsWith('content/'))!;
    const objects = new S3Objects(place);
    await objects.remove(key);
    await expect(store.read(1)).rejects.toThrow('manifest.json of checkpoint 1 of s3://');
    await objects.create(key, Buffer.alloc(10));
    await expect(store.read(1)).rejects.toThrow('is cut off');
    await objects.remove(key);
    await objects.create(key, Buffer.alloc(12));
    await expect(store.read(1)).rejects.toThrow('more than the 11 bytes');
  });

  it('sees only its own numbered objects, and refuses one that no publication wrote', async () => {
    const place = await madeBucket(s3);
    const objects = new S3Objects(place);
    for (const key of ['000000.json', '1.json', 'notes', '000003.json', 'content/000004.json'])
      await objects.create(key, Buffer.from('{}'));
    const store = new S3CheckpointStore(place);
    expect(await store.list()).toEqual([3]);
    await expect(store.newest()).rejects.toThrow('000003.json is not what a publication writes');
  });

  it('lists more than one page', async () => {
    const place = await meddledBucket(s3, (request) => {
      if (request.url?.includes('list-type=2')) request.url += '&max-keys=2';
      return false;
    });
    const store = new S3CheckpointStore(place);
    for (const size of [1, 2, 3]) await store.publish(files(size));
    expect(await store.list()).toEqual([1, 2, 3]);
  });

  it('publishes once though an answer is lost', async () => {
    let lost = 0;
    const isIndex = ({ method, url = '' }: IncomingMessage): boolean => method === 'PUT' && url.includes('000001.json');
    const place = await meddledBucket(
      s3,
      () => false,
      (request) => !isIndex(request) || lost++ > 0,
    );
    const store = new S3CheckpointStore(place);
    expect(await store.publish(files())).toBe(1);
    expect([lost, await store.list()]).toEqual([2, [1]]);
  });

  it('publishes nothing to a store that does not mind If-None-Match, and takes back what it brought', async () => {
    const place = await meddledBucket(s3, (request) => {
      delete request.headers['if-none-match'];
      return false;
    });
    const refused = new S3CheckpointStore(place).publish(files());
    await expect(refused).rejects.toThrow(PublicationRefused);
    await expect(refused).rejects.toThrow('does not keep conditional writes');
    expect(await contentOf(place)).toEqual([]);
  });

  it.each([
    [404, 'NoSuchBucket', 'there is no such bucket'],
    [403, 'AccessDenied', 's3:GetObject'],
    [403, 'SignatureDoesNotMatch', 'credentials are not valid'],
    [301, 'PermanentRedirect', 'STEERSTREAM_S3_REGION'],
    [501, 'NotImplemented', 'does not know conditional writes'],
  ])('says what to do about %i %s, without what nobody should see', async (status, code, words) => {
    const store = new S3CheckpointStore(await meddledBucket(s3, answerWith(status, code)));
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'open-sesame');
    for (const attempt of [store.list(), store.publish(files())]) {
      const error: unknown = await attempt.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(Unavailable);
      expect((error as Error).message).toContain(words);
      expect(`${(error as Error).stack} ${String((error as Error).cause)}`).not.toContain('open-sesame');
    }
  });

  it('gives up on a store that says again and again that another writes', async () => {
    const conflict = answerWith(409, 'ConditionalRequestConflict');
    const place = await meddledBucket(
      s3,
      (request, response) => request.method === 'PUT' && conflict(request, response),
    );
    const error: unknown = await new S3CheckpointStore(place).publish(files()).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Unavailable);
    expect((error as Error).message).toContain('ConditionalRequestConflict');
  });

  it('asks for credentials where there are none', async () => {
    const place = await madeBucket(s3);
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined);
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    await expect(new S3CheckpointStore(place).list()).rejects.toThrow('there are no credentials');
  });

  it('is unavailable while nothing answers', async () => {
    const place = { ...(await madeBucket(s3)), endpoint: 'http://127.0.0.1:1' };
    const error: unknown = await new S3CheckpointStore(place).list().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Unavailable);
    expect((error as Error).message).toMatch(/^cannot list s3:.*ECONNREFUSED/);
  });
});
