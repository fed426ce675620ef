/** What faults act upon. */
import { open, readdir } from 'node:fs/promises';
import path from 'node:path';
import { tinyDraft } from '../../builders/checkpoint.js';
import { FolderCheckpointStore } from '../../../src/adapters/checkpoints/folder-checkpoint-store.js';
import { WHOLE_SHARE } from '../../../src/ports/checkpoint-store.js';
import { encodeCheckpoint } from '../../../src/checkpoint/files.js';
import type { Random } from '../../../offline/random.js';
import type { KafkaServer } from '../../services/kafka-server.js';
import type { RedisServer } from '../../services/redis-server.js';
import type { Instance } from './child-instance.js';
import type { Fleet } from './fleet.js';
import type { Tally } from './tally.js';
import { ITEMS } from './world.js';

export interface Stage {
  readonly fleet: Fleet;
  readonly kafka: KafkaServer;
  readonly redis: RedisServer;
  readonly redisFolder: string;
  readonly checkpoints: string;
  readonly random: Random;
  readonly tally: Tally;
  readonly say: (line: string) => void;
}

/** Most instances at a time. */
export const MOST = 3;

/** One of those that run; one is started where there is none. */
export async function anyInstance({ fleet, random }: Stage): Promise<Instance> {
  const { running } = fleet;
  return running[random.below(running.length)] ?? fleet.start();
}

/** A checkpoint with other weights for a share of the users; its number is the next one. */
export async function publish(folder: string, seed: number, share = WHOLE_SHARE): Promise<number> {
  return new FolderCheckpointStore(folder).publish(encodeCheckpoint(tinyDraft(seed, ITEMS)), { share });
}

/**
 * Redis as it is after a failover, or a power cut between two syncs: its data end earlier than it said. Call it while it
 * does not run. A transaction that is cut in two is dropped whole when it starts.
 */
export async function loseTail(folder: string, bytes: number): Promise<number> {
  const logs = path.join(folder, 'appendonlydir');
  const names = (await readdir(logs)).filter((name) => name.endsWith('.incr.aof')).sort();
  const file = await open(path.join(logs, names.at(-1) ?? ''), 'r+');
  try {
    const { size } = await file.stat();
    await file.truncate(Math.max(0, size - bytes));
    return Math.min(size, bytes);
  } finally {
    await file.close();
  }
}
