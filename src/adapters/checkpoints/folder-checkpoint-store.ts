/**
 * Checkpoints in a folder: `000001`, `000002`, ... A publication is prepared beside them, brought to the disk, and
 * renamed into place. Renaming onto a folder that has files fails, so of two publishers only one gets a number and the
 * other takes the next; a reader sees all of a checkpoint or none of it.
 *
 * Old checkpoints may be deleted by hand, the newest not: its number would be given again.
 */
import { lstat, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import {
  type CheckpointFiles,
  type CheckpointStore,
  type Publication,
  type PublishTerms,
  WHOLE_SHARE,
} from '../../ports/checkpoint-store.js';
import { Unavailable } from '../../ports/errors.js';
import { type Bounds, checkSizes, DEFAULT_BOUNDS, sizesOf } from './bounds.js';
import { syncFolder, writeDurably } from './durable.js';
import { claimNext, nameOf, newestOf, noCheckpoint, sequencesOf, ShareSchema, shareIn } from './numbering.js';
import { makeWorkspace, sweepWorkspaces } from './workspace.js';

/** In the folder of a candidate, beside its files; where there is none, it is for everybody. */
const TERMS = '.publication.json';
const TermsSchema = z.strictObject({ share: ShareSchema });

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** What the disk refuses now it may give later, and says nothing of what was published there. */
function translated(error: unknown, where: string): unknown {
  if (!(error instanceof Error) || (error as NodeJS.ErrnoException).errno === undefined) return error;
  return new Unavailable(`cannot read ${where}: ${error.message}`, { cause: error });
}

export class FolderCheckpointStore implements CheckpointStore {
  readonly place: string;
  readonly #bounds: Bounds;

  /** `folder` is made at the first publication. */
  constructor(folder: string, bounds: Bounds = DEFAULT_BOUNDS) {
    this.place = path.resolve(folder);
    this.#bounds = bounds;
  }

  async list(): Promise<readonly number[]> {
    try {
      const entries = await readdir(this.place, { withFileTypes: true });
      return sequencesOf(entries.filter((entry) => entry.isDirectory()).map(({ name }) => name));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw translated(error, this.place);
    }
  }

  async newest(unusable?: ReadonlySet<number>): Promise<readonly Publication[]> {
    return newestOf(await this.list(), (sequence) => this.shareOf(sequence), unusable);
  }

  async read(sequence: number, names?: readonly string[]): Promise<CheckpointFiles> {
    if (!(await this.list()).includes(sequence)) throw noCheckpoint(sequence, this.place);
    const folder = path.join(this.place, nameOf(sequence));
    try {
      return await this.#filesIn(folder, names);
    } catch (error) {
      throw translated(error, folder);
    }
  }

  async #filesIn(folder: string, names: readonly string[] | undefined): Promise<CheckpointFiles> {
    const sizes = new Map<string, number>();
    for (const name of (await readdir(folder)).filter((entry) => !entry.startsWith('.')).sort()) {
      const stats = await lstat(path.join(folder, name));
      if (!stats.isFile())
        throw new Error(`${path.join(folder, name)} is not a plain file; a checkpoint has only those`);
      sizes.set(name, stats.size);
    }
    checkSizes(`The checkpoint ${folder}`, sizes, this.#bounds);
    const files = new Map<string, Buffer>();
    for (const name of sizes.keys()) {
      if (names?.includes(name) ?? true) files.set(name, await readFile(path.join(folder, name)));
    }
    return files;
  }

  async publish(files: CheckpointFiles, terms: PublishTerms = {}): Promise<number> {
    checkSizes('The checkpoint to publish', sizesOf(files), this.#bounds);
    const share = shareIn(terms);
    await mkdir(this.place, { recursive: true });
    await sweepWorkspaces(this.place);
    const workspace = await makeWorkspace(this.place);
    try {
      for (const [name, content] of files) await writeDurably(path.join(workspace, name), content);
      if (share < WHOLE_SHARE)
        await writeDurably(path.join(workspace, TERMS), Buffer.from(`${JSON.stringify({ share })}\n`));
      await syncFolder(workspace);
      const claim = (sequence: number): Promise<boolean> => this.#renamed(workspace, nameOf(sequence));
      const sequence = await claimNext(() => this.list(), claim, terms);
      await syncFolder(this.place);
      return sequence;
    } catch (error) {
      await rm(workspace, { recursive: true, force: true });
      throw error;
    }
  }

  async shareOf(sequence: number): Promise<number> {
    const folder = path.join(this.place, nameOf(sequence));
    const file = path.join(folder, TERMS);
    try {
      // Not by a file that is not found: a whole folder may not be, for a moment, and then who it is for is not known.
      if (!(await readdir(folder)).includes(TERMS)) return WHOLE_SHARE;
      return TermsSchema.parse(JSON.parse(await readFile(file, 'utf8'))).share;
    } catch (error) {
      if (error instanceof z.ZodError || error instanceof SyntaxError)
        throw new Error(`${file} does not say which share of the users it is for`, { cause: error });
      throw translated(error, folder);
    }
  }

  /** False when another publisher has the name already. */
  async #renamed(workspace: string, name: string): Promise<boolean> {
    const target = path.join(this.place, name);
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
