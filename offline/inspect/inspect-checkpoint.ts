/** What a checkpoint says of itself, and which ones there are. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CheckpointRefused, contentId, MANIFEST, readManifest } from '../../src/checkpoint/files.js';
import { type CheckpointStore, WHOLE_SHARE } from '../../src/ports/checkpoint-store.js';
import { UserError } from '../../src/terminal/user-error.js';

type Print = (line: string) => void;

/**
 * The manifest as indented JSON.
 * @param which the folder of a checkpoint, or a number in the store
 * @throws UserError when there is none, or it is not one
 */
export async function inspectCheckpoint(which: string, store: CheckpointStore, print: Print): Promise<void> {
  const bytes = /^\d{1,15}$/.test(which) ? await published(store, Number(which)) : await inFolder(which);
  try {
    print(JSON.stringify(readManifest(new Map([[MANIFEST, bytes]])), null, 2));
  } catch (error) {
    if (!(error instanceof CheckpointRefused)) throw error;
    throw new UserError(`${which} has no manifest of this version: ${error.message.replaceAll(/\s*\n\s*/g, ' ')}`);
  }
}

/** One line for each that is published, oldest first. */
export async function inspectCheckpoints(store: CheckpointStore, print: Print): Promise<void> {
  const sequences = await store.list();
  if (sequences.length === 0) print(`nothing is published in ${store.place} yet`);
  for (const sequence of sequences) {
    const share = await store.shareOf(sequence);
    const files = await store.read(sequence, [MANIFEST]);
    const { createdAt, metrics } = readManifest(files);
    const users = share === WHOLE_SHARE ? 'everybody' : `${share} % of the users`;
    print(`${sequence}-${contentId(files)}  for ${users}, made ${createdAt}, NDCG@10 ${metrics.model.ndcg.toFixed(4)}`);
  }
}

async function inFolder(folder: string): Promise<Buffer> {
  return readFile(join(folder, MANIFEST)).catch((error: unknown) => {
    throw new UserError(`no checkpoint in ${folder}: ${error instanceof Error ? error.message : String(error)}`);
  });
}

async function published(store: CheckpointStore, sequence: number): Promise<Buffer> {
  if (!(await store.list()).includes(sequence))
    throw new UserError(`there is no checkpoint ${sequence} in ${store.place}`);
  return (await store.read(sequence, [MANIFEST])).get(MANIFEST) ?? Buffer.alloc(0);
}
