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
  /** How many items are on offer. */
  readonly size: number;
}
