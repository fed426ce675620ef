/**
 * The catalogue as this instance has read it: every partition of the catalogue topic, whole, without a group. A later
 * record of an item replaces the earlier one, a tombstone withdraws the item.
 *
 * Records that cannot be used are counted and logged with their position, and are no dead letters: every instance reads
 * the catalogue from the beginning at every start and has no committed position there, so that each bad record would
 * become a dead letter again at each start of each instance.
 */
import { decodeRecord } from '../events/classify.js';
import type { Decoder } from '../events/codec.js';
import type { CatalogueItem } from '../events/events.js';
import type { WireFormat } from '../events/wire-format.js';
import type { Logger } from '../ops/logger.js';
import type { Log, LogRecord } from '../ports/log.js';
import { type Catalogue, CatalogueChanges } from '../recommend/catalogue.js';
import { offsetAfter } from './position.js';

const CHUNK = 2000;

export class CatalogueView implements Catalogue {
  readonly #items = new Map<string, CatalogueItem>();
  readonly #changes = new CatalogueChanges();
  #offsets: readonly number[] = [];
  #rejected = 0;
  #loaded = false;
  #reading: Promise<void> | undefined;
  /** The last one that did not fail. */
  #look: { readonly began: number; readonly ends: Promise<readonly number[]> } | undefined;

  constructor(
    private readonly log: Pick<Log, 'ends' | 'extents' | 'read'>,
    private readonly topic: string,
    private readonly logger: Logger,
    private readonly wire: WireFormat,
  ) {}

  item(itemId: string): CatalogueItem | undefined {
    return this.#items.get(itemId);
  }

  items(): Iterable<CatalogueItem> {
    return this.#items.values();
  }

  get offsets(): readonly number[] {
    return this.#offsets;
  }

  changedSince(offsets: readonly number[]): readonly string[] | undefined {
    return this.#changes.since(offsets, this.#offsets);
  }

  get size(): number {
    return this.#items.size;
  }

  /** It was read to its end at least once. */
  get loaded(): boolean {
    return this.#loaded;
  }

  /** Records that could not be used. */
  get rejected(): number {
    return this.#rejected;
  }

  /** Ends of the partitions, as a look shows them that began at most `maxAge` ms ago. @throws Unavailable */
  look(maxAge: number): Promise<readonly number[]> {
    const now = performance.now();
    if (this.#look && now - this.#look.began < maxAge) return this.#look.ends;
    const look = { began: now, ends: this.log.ends(this.topic) };
    this.#look = look;
    look.ends.catch(() => {
      if (this.#look === look) this.#look = undefined;
    });
    return look.ends;
  }

  /** Whether there is more than was read before these ends. */
  isBehind(ends: readonly number[]): boolean {
    return ends.some((end, partition) => end > (this.#offsets[partition] ?? -1));
  }

  /** Reads every partition to its present end. @throws Unavailable; what was read stays read */
  catchUp(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    const extents = await this.log.extents(this.topic);
    for (const [partition, { first, end }] of extents.entries()) {
      let next = this.#offsets[partition] ?? first;
      while (next < end) {
        const chunk = await this.log.read(this.topic, partition, next, CHUNK);
        const decoder = (await this.wire.prepare(chunk.records))('catalogue-item');
        const changed = chunk.records.flatMap((record) => this.#take(record, decoder) ?? []);
        const reached = offsetAfter(chunk, next, `"${this.topic}" ${partition}`);
        const offsets = extents.map((_, p) => (p === partition ? reached : (this.#offsets[p] ?? 0)));
        this.#move(offsets, changed);
        next = reached;
      }
    }
    if (this.#offsets.length < extents.length) {
      const offsets = extents.map(({ first }, p) => this.#offsets[p] ?? first);
      this.#move(offsets, []);
    }
    this.#loaded = true;
  }

  #move(offsets: readonly number[], changed: readonly string[]): void {
    this.#changes.moved(this.#offsets, changed);
    this.#offsets = offsets;
  }

  /** Tells the item of which there is something new. */
  #take(record: LogRecord, decoder: Decoder<CatalogueItem>): string | undefined {
    if (record.key !== null && record.value === null) {
      const itemId = record.key.toString();
      this.#items.delete(itemId);
      return itemId;
    }
    const decoded = decodeRecord(record, decoder, ({ itemId }) => itemId, null);
    if (decoded.ok) {
      this.#items.set(decoded.event.itemId, decoded.event);
      return decoded.event.itemId;
    }
    this.#rejected += 1;
    const { topic, partition, offset } = record;
    const { reason, message } = decoded;
    this.logger.warn('catalogue record ignored', { topic, partition, offset, reason, why: message });
    return undefined;
  }
}
