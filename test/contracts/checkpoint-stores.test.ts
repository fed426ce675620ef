import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { FolderCheckpointStore } from '../../src/adapters/checkpoints/folder-checkpoint-store.js';
import { S3CheckpointStore } from '../../src/adapters/checkpoints/s3-checkpoint-store.js';
import { madeBucket } from '../builders/bucket.js';
import { useS3 } from '../services/use.js';
import { type CheckpointPlace, checkpointStoreContract } from './checkpoint-store.contract.js';

const endpoint = await useS3();

async function folderPlace(): Promise<CheckpointPlace> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'steerstream-checkpoints-'));
  return {
    open: () => new FolderCheckpointStore(path.join(folder, 'checkpoints')),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function bucketPlace(): Promise<CheckpointPlace> {
  const bucket = await madeBucket(endpoint);
  return {
    open: () => new S3CheckpointStore({ ...bucket, prefix: 'some/checkpoints' }),
    remove: async () => undefined,
  };
}

checkpointStoreContract('FolderCheckpointStore', folderPlace);
checkpointStoreContract('S3CheckpointStore', bucketPlace);
