/**
 * Checkpoints in a bucket:
 *   content/UUID/NAME    the files, written first; a UUID belongs to one publication
 *   000001.json, ...     what is published: the share of the users, the UUID, names and sizes of the files
 *
 * A publication is the second of these, one small object that is written only where there is none (`If-None-Match: *`).
 * So of two publishers one gets a number and the other takes the next, and a reader sees all of a checkpoint or none.
 * The store must have conditional writes and reads that follow writes, as Amazon's has: one that takes `If-None-Match`
 * and does not mind it is found out before anything is published.
 *
 * Old checkpoints may be deleted by hand, their numbered object first; the newest not: its number would be given again.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  type CheckpointFiles,
  type CheckpointStore,
  type Publication,
  PublicationRefused,
  type PublishTerms,
} from '../../ports/checkpoint-store.js';
import { type Bounds, checkSizes, DEFAULT_BOUNDS, sizesOf } from './bounds.js';
import { claimNext, nameOf, newestOf, noCheckpoint, sequencesOf, ShareSchema, shareIn } from './numbering.js';
import { S3Objects, type S3Place } from './s3-objects.js';

const ENDING = '.json';
const INDEX_BYTES = 64 * 1024;

const IndexSchema = z.strictObject({
  share: ShareSchema,
  content: z.uuid(),
  /** Name -> bytes. */
  files: z.record(z.string(), z.int().nonnegative()),
});
type Index = z.infer<typeof IndexSchema>;

export class S3CheckpointStore implements CheckpointStore {
  readonly #objects: S3Objects;
  readonly #bounds: Bounds;
  /** Of what was read once: it never changes. */
  readonly #shares = new Map<number, number>();

  constructor(place: S3Place, bounds: Bounds = DEFAULT_BOUNDS) {
    this.#objects = new S3Objects(place);
    this.#bounds = bounds;
  }

  get place(): string {
    return this.#objects.place;
  }

  async list(): Promise<readonly number[]> {
    const names = (await this.#objects.names()).filter((name) => name.endsWith(ENDING));
    return sequencesOf(names.map((name) => name.slice(0, -ENDING.length)));
  }

  async newest(unusable?: ReadonlySet<number>): Promise<readonly Publication[]> {
    return newestOf(await this.list(), (sequence) => this.shareOf(sequence), unusable);
  }

  async read(sequence: number, names?: readonly string[]): Promise<CheckpointFiles> {
    const { content, files: listed } = await this.#index(sequence);
    const sizes = new Map(Object.entries(listed));
    checkSizes(`The checkpoint ${sequence} of ${this.place}`, sizes, this.#bounds);
    const files = new Map<string, Buffer>();
    for (const [name, size] of sizes) {
      if (!(names?.includes(name) ?? true)) continue;
      const bytes = await this.#objects.read(contentKey(content, name), size);
      if (bytes?.length !== size)
        throw new Error(`${name} of checkpoint ${sequence} of ${this.place} is ${bytes ? 'cut off' : 'missing'}`);
      files.set(name, bytes);
    }
    return files;
  }

  async publish(files: CheckpointFiles, terms: PublishTerms = {}): Promise<number> {
    const sizes = sizesOf(files);
    checkSizes('The checkpoint to publish', sizes, this.#bounds);
    const share = shareIn(terms);
    const index: Index = { share, content: randomUUID(), files: Object.fromEntries(sizes) };
    let mayBePublished = false;
    try {
      for (const [name, bytes] of files) await this.#objects.create(contentKey(index.content, name), bytes);
      await this.#requireConditionalWrites(index.content, files);
      const claim = (sequence: number): Promise<boolean> => {
        mayBePublished = true;
        return this.#claim(sequence, index);
      };
      return await claimNext(() => this.list(), claim, terms);
    } catch (error) {
      if (!mayBePublished || error instanceof PublicationRefused) await this.#remove(index);
      throw error;
    }
  }

  /** False when another publisher has the number already. */
  async #claim(sequence: number, index: Index): Promise<boolean> {
    if (await this.#objects.create(nameOf(sequence) + ENDING, Buffer.from(`${JSON.stringify(index)}\n`))) return true;
    // A request that was sent again because its answer was lost finds its own object.
    return (await this.#index(sequence)).content === index.content;
  }

  /** Writes the smallest file again: a store that lets it pass would let two publishers have one number. */
  async #requireConditionalWrites(content: string, files: CheckpointFiles): Promise<void> {
    const [smallest] = [...files].sort(([, a], [, b]) => a.length - b.length);
    if (smallest === undefined || !(await this.#objects.create(contentKey(content, smallest[0]), smallest[1]))) return;
    throw new PublicationRefused(
      `${this.place} does not keep conditional writes (If-None-Match): two publishers could get one number. Publish to ` +
        'a store that does, or to a folder',
    );
  }

  /** As far as the store lets us: why nothing was published matters more. */
  async #remove({ content, files }: Index): Promise<void> {
    const keys = Object.keys(files).map((name) => contentKey(content, name));
    await Promise.allSettled(keys.map((key) => this.#objects.remove(key)));
  }

  async shareOf(sequence: number): Promise<number> {
    const known = this.#shares.get(sequence);
    if (known !== undefined) return known;
    const { share } = await this.#index(sequence);
    if (this.#shares.size >= SHARES_KEPT) this.#shares.clear();
    this.#shares.set(sequence, share);
    return share;
  }

  async #index(sequence: number): Promise<Index> {
    const key = nameOf(sequence) + ENDING;
    const bytes = sequence > 0 ? await this.#objects.read(key, INDEX_BYTES) : undefined;
    if (bytes === undefined) throw noCheckpoint(sequence, this.place);
    try {
      return IndexSchema.parse(JSON.parse(bytes.toString('utf8')));
    } catch (error) {
      throw new Error(`${this.place}/${key} is not what a publication writes`, { cause: error });
    }
  }
}

const SHARES_KEPT = 1000;

const contentKey = (content: string, name: string): string => `content/${content}/${name}`;
