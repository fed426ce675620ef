/**
 * Checkpoints in a folder: `000001`, `000002`, ... A publication is prepared beside them, brought to the disk, and
 * renamed into place. Renaming onto a folder that has files fails, so of two publishers only one gets a number and the
 * other takes the next; a reader sees all of a checkpoint or none of it.
 *
 * Old checkpoints may be deleted by hand, the newest not: its number would be given again.
 */
import { lstat, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { CheckpointFiles, CheckpointStore } from '../../ports/checkpoint-store.js';
import { type Bounds, checkSizes, DEFAULT_BOUNDS, sizesOf } from './bounds.js';
import { syncFolder, writeDurably } from './durable.js';
import { makeWorkspace, sweepWorkspaces } from './workspace.js';

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

function folderName(sequence: number): string {
  return String(sequence).padStart(6, '0');
}

export class FolderCheckpointStore implements CheckpointStore {
  readonly #folder: string;
  readonly #bounds: Bounds;

  /** `folder` is made at the first publication. */
  constructor(folder: string, bounds: Bounds = DEFAULT_BOUNDS) {
    this.#folder = path.resolve(folder);
    this.#bounds = bounds;
  }

  async list(): Promise<readonly number[]> {
    try {
      const entries = await readdir(this.#folder, { withFileTypes: true });
      return entries
        .filter((entry) => entry.isDirectory() && /^\d{6,15}$/.test(entry.name))
        .filter((entry) => entry.name === folderName(Number(entry.name)) && Number(entry.name) > 0)
        .map((entry) => Number(entry.name))
        .sort((a, b) => a - b);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
  }

  async current(): Promise<number | undefined> {
    return (await this.list()).at(-1);
  }

  async read(sequence: number): Promise<CheckpointFiles> {
    const folder = path.join(this.#folder, folderName(sequence));
    if (!(await this.list()).includes(sequence))
      throw new Error(`There is no checkpoint ${sequence} in ${this.#folder}`);
    const sizes = new Map<string, number>();
    for (const name of (await readdir(folder)).filter((entry) => !entry.startsWith('.')).sort()) {
      const stats = await lstat(path.join(folder, name));
      if (!stats.isFile())
        throw new Error(`${path.join(folder, name)} is not a plain file; a checkpoint has only those`);
      sizes.set(name, stats.size);
    }
    checkSizes(`The checkpoint ${folder}`, sizes, this.#bounds);
    const files = new Map<string, Buffer>();
    for (const name of sizes.keys()) files.set(name, await readFile(path.join(folder, name)));
    return files;
  }

  async publish(files: CheckpointFiles): Promise<number> {
    checkSizes('The checkpoint to publish', sizesOf(files), this.#bounds);
    await mkdir(this.#folder, { recursive: true });
    await sweepWorkspaces(this.#folder);
    const workspace = await makeWorkspace(this.#folder);
    try {
      for (const [name, content] of files) await writeDurably(path.join(workspace, name), content);
      await syncFolder(workspace);
      return await this.#place(workspace);
    } catch (error) {
      await rm(workspace, { recursive: true, force: true });
      throw error;
    }
  }

  /** Renames the workspace to the next free number. */
  async #place(workspace: string): Promise<number> {
    for (let sequence = ((await this.current()) ?? 0) + 1; ; sequence++) {
      const target = path.join(this.#folder, folderName(sequence));
      if (await this.#renamed(workspace, target)) {
        await syncFolder(this.#folder);
        return sequence;
      }
    }
  }

  /** False when another publisher has the target already. */
  async #renamed(workspace: string, target: string): Promise<boolean> {
    try {
      await rename(workspace, target);
      return true;
    } catch (error) {
      if (['ENOTEMPTY', 'EEXIST'].includes(codeOf(error) ?? '')) return false;
      // Windows says so of a target that is there.
      const taken = codeOf(error) === 'EPERM' && (await lstat(target).catch(() => undefined)) !== undefined;
      if (taken) return false;
      throw error;
    }
  }
}
