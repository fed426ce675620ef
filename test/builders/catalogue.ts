/** Catalogues for tests. */
import type { CatalogueItem } from '../../src/events/events.js';
import { type Catalogue, CatalogueChanges } from '../../src/recommend/catalogue.js';

export const catalogueItem = (itemId: string, given: Partial<CatalogueItem> = {}): CatalogueItem => ({
  itemId,
  title: itemId,
  attributes: [],
  markets: null,
  minimumAge: null,
  addedAt: null,
  ...given,
});

/** A catalogue that can be changed, as the view of a topic is: every change is another offset. */
export class FakeCatalogue implements Catalogue {
  readonly #items = new Map<string, CatalogueItem>();
  #changes = new CatalogueChanges();
  offsets: readonly number[] = [0];

  constructor(items: readonly (CatalogueItem | string)[] = []) {
    for (const item of items) this.put(item);
  }

  get size(): number {
    return this.#items.size;
  }

  item(itemId: string): CatalogueItem | undefined {
    return this.#items.get(itemId);
  }

  items(): Iterable<CatalogueItem> {
    return this.#items.values();
  }

  put(item: CatalogueItem | string): void {
    const full = typeof item === 'string' ? catalogueItem(item) : item;
    this.#items.set(full.itemId, full);
    this.#advance(full.itemId);
  }

  withdraw(itemId: string): void {
    this.#items.delete(itemId);
    this.#advance(itemId);
  }

  changedSince(offsets: readonly number[]): readonly string[] | undefined {
    return this.#changes.since(offsets, this.offsets);
  }

  /** What changed so far is not known any more. */
  forget(): void {
    this.#changes = new CatalogueChanges();
  }

  #advance(itemId: string): void {
    this.#changes.moved(this.offsets, [itemId]);
    this.offsets = [(this.offsets[0] ?? 0) + 1];
  }
}
