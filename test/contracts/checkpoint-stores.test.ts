import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { FolderCheckpointStore } from '../../src/adapters/checkpoints/folder-checkpoint-store.js';
import { type CheckpointPlace, checkpointStoreContract } from './checkpoint-store.contract.js';

async function folderPlace(): Promise<CheckpointPlace> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'steerstream-checkpoints-'));
  return {
    open: () => new FolderCheckpointStore(path.join(folder, 'checkpoints')),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

checkpointStoreContract('FolderCheckpointStore', folderPlace);
