import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { FolderCheckpointStore } from '../../src/adapters/checkpoints/folder-checkpoint-store.js';
import { S3CheckpointStore } from '../../src/adapters/checkpoints/s3-checkpoint-store.js';
import { answerWith, meddledBucket } from '../builders/bucket.js';
import { useS3 } from '../services/use.js';
import { type CheckpointPlace, checkpointStoreContract } from './checkpoint-store.contract.js';

const endpoint = await useS3();

async function folderPlace(): Promise<CheckpointPlace> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'steerstream-checkpoints-'));
  const checkpoints = path.join(folder, 'checkpoints');
  return {
    open: () => new FolderCheckpointStore(checkpoints),
    async whileAway(work) {
      await rename(checkpoints, `${checkpoints}-away`);
      await writeFile(checkpoints, 'not a folder');
      await work();
      await rm(checkpoints);
      await rename(`${checkpoints}-away`, checkpoints);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function bucketPlace(): Promise<CheckpointPlace> {
  const refuse = answerWith(403, 'AccessDenied');
  let isAway = false;
  const bucket = await meddledBucket(endpoint, (request, response) => isAway && refuse(request, response));
  return {
    open: () => new S3CheckpointStore({ ...bucket, prefix: 'some/checkpoints' }),
    async whileAway(work) {
      isAway = true;
      await work();
      isAway = false;
    },
    remove: async () => undefined,
  };
}

checkpointStoreContract('FolderCheckpointStore', folderPlace);
checkpointStoreContract('S3CheckpointStore', bucketPlace);
