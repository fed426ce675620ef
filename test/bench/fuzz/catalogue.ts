/** Records of the catalogue: items, tombstones and garbage, and how many of each must be left in the end. */
import { encode } from '../chaos/bytes.js';
import type { Source } from './source.js';
import { noise, unicode } from './words.js';

interface CatalogueRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

export class FuzzedCatalogue {
  readonly #items = new Set<string>();
  #rejected = 0;

  constructor(private readonly source: Source) {}

  get items(): number {
    return this.#items.size;
  }

  /** Records that nobody can use. */
  get rejected(): number {
    return this.#rejected;
  }

  next(): CatalogueRecord {
    const { random } = this.source;
    const itemId = this.source.pick([`item-${random.below(300)}`, '__proto__', unicode(random, 1 + random.below(512))]);
    const key = Buffer.from(itemId);
    const lot = random.below(10);
    if (lot < 5) {
      this.#items.add(itemId);
      return { key, value: this.#item(itemId) };
    }
    if (lot < 7) {
      this.#items.delete(itemId);
      return { key, value: null };
    }
    this.#rejected += 1;
    const value = this.#item(itemId);
    return this.source.pick<CatalogueRecord>([
      { key: null, value },
      { key: null, value: null },
      { key: Buffer.from('another item'), value },
      { key, value: value.subarray(0, random.below(value.length)) },
      { key, value: Buffer.concat([value.subarray(0, 10), Buffer.from([255]), noise(random, 40)]) },
      { key, value: encode('interaction', this.source.interaction('somebody')) },
    ]);
  }

  #item(itemId: string): Buffer {
    const attributes = ['genre/a', unicode(this.source.random, 30)];
    return encode('catalogue-item', { itemId, title: '', attributes, markets: null, minimumAge: null, addedAt: null });
  }
}
