/** Writes the SAE of a published checkpoint for other tools. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Checkpoint } from '../../src/checkpoint/checkpoint.js';
import { CheckpointRefused, contentId, decodeCheckpoint } from '../../src/checkpoint/files.js';
import { writeSafetensors } from '../../src/checkpoint/safetensors.js';
import { UserError } from '../../src/terminal/user-error.js';
import { writeFileAtomic } from '../files.js';
import { toSaeLens } from './sae-lens.js';

/** @throws UserError where the folder holds no sound checkpoint */
export async function exportSae(folder: string, to: string, print: (line: string) => void): Promise<void> {
  const { checkpoint, id } = await readCheckpoint(folder);
  const { cfg, weights } = toSaeLens(checkpoint.manifest.sae, checkpoint.weights, `steerstream-${id}`);
  await writeFileAtomic(join(to, 'sae_weights.safetensors'), writeSafetensors(weights));
  await writeFileAtomic(join(to, 'cfg.json'), `${JSON.stringify(cfg, null, 2)}\n`);
  print(
    `export: ${checkpoint.manifest.sae.features} features of ${basename(resolve(folder))} in ${to}, as SAELens reads them`,
  );
}

async function readCheckpoint(folder: string): Promise<{ checkpoint: Checkpoint; id: string }> {
  try {
    const names = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile());
    const files = new Map(
      await Promise.all(names.map(async ({ name }) => [name, await readFile(join(folder, name))] as const)),
    );
    return { checkpoint: decodeCheckpoint(files), id: contentId(files) };
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error;
    if (!isMissing && !(error instanceof CheckpointRefused)) throw error;
    throw new UserError(`no checkpoint can be read from ${folder}: ${error.message}`);
  }
}
