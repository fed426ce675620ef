/** The catalogue as a recommender sees it: a view of the catalogue topic, read whole. */
import type { CatalogueItem } from '../events/events.js';

export interface Catalogue {
  /** Undefined: unknown, or withdrawn by a tombstone. */
  item(itemId: string): CatalogueItem | undefined;
  /** All that are on offer. */
  items(): Iterable<CatalogueItem>;
  /**
   * Next offset of every catalogue partition that has been read. A new array whenever anything was read: as long as it is
   * the same array, the catalogue is the same.
   */
  readonly offsets: readonly number[];
  /**
   * Ids of the items of which something was read since `offsets` was that array, some more than once. Undefined where that
   * was too long ago: any item may have changed.
   */
  changedSince(offsets: readonly number[]): readonly string[] | undefined;
  /** How many items are on offer. */
  readonly size: number;
}

/** Changes that are remembered at most; who is further behind looks at the whole catalogue again. */
const REMEMBERED = 20_000;

/** What changed of a catalogue lately. */
export class CatalogueChanges {
  /** The newest last. */
  #steps: readonly { readonly before: readonly number[]; readonly itemIds: readonly string[] }[] = [];
  #count = 0;

  /** @param before the offsets until then */
  moved(before: readonly number[], itemIds: readonly string[]): void {
    this.#count += itemIds.length + 1;
    let gone = 0;
    for (const step of this.#steps) {
      if (this.#count <= REMEMBERED) break;
      this.#count -= step.itemIds.length + 1;
      gone += 1;
    }
    this.#steps = [...this.#steps.slice(gone), { before, itemIds }];
  }

  /** @param now the offsets as they are */
  since(offsets: readonly number[], now: readonly number[]): readonly string[] | undefined {
    if (offsets === now) return [];
    const from = this.#steps.findLastIndex(({ before }) => before === offsets);
    return from < 0 ? undefined : this.#steps.slice(from).flatMap(({ itemIds }) => itemIds);
  }
}
