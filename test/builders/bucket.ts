/** A bucket of one's own on a test's S3 server. */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { vi } from 'vitest';
import type { S3Place } from '../../src/adapters/checkpoints/s3-objects.js';
import { uniqueName } from '../services/use.js';

/** The credentials are in the environment, where the client's own chain finds them. */
export async function madeBucket(endpoint: string): Promise<S3Place> {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  const bucket = uniqueName('checkpoints');
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  return { bucket, prefix: '', endpoint, pathStyle: true };
}
