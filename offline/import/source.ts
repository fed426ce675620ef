/** What an import reads from: files of some format, or a generator. */
import type { CatalogueItem, Interaction } from '../../src/events/events.js';

export interface ImportSource {
  /** Such as `movielens ratings.dat`. */
  readonly name: string;
  /** Differs whenever the records would: of the contents and of how they are read. Hex. */
  readonly fingerprint: string;
  /** Reads and orders everything. Deterministic: an interrupted import goes on by counting. */
  read(signal: AbortSignal): Promise<ImportData>;
}

export interface ImportData {
  readonly items: readonly CatalogueItem[];
  readonly interactionCount: number;
  /** By time, equal times in the order of the source. */
  interactions(): Iterable<Interaction>;
}
