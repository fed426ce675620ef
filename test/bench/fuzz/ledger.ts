/** Where every fuzzed record lies in the log, and what must become of it. */
import type { Expected, Side } from './fuzzed.js';

export interface Entry {
  readonly kind: string;
  /** Null: of an aborted transaction, so that it does not count at all. */
  readonly expected: Expected | null;
}

export class Ledger {
  readonly #entries = new Map<string, Entry>();
  #counted = 0;

  /** Records that count: not those of aborted transactions. */
  get counted(): number {
    return this.#counted;
  }

  add(side: Side, partition: number, offset: number, entry: Entry): void {
    this.#entries.set(placeName(side, partition, offset), entry);
    if (entry.expected !== null) this.#counted += 1;
  }

  at(place: string): Entry | undefined {
    return this.#entries.get(place);
  }

  entries(): Iterable<readonly [place: string, Entry]> {
    return this.#entries;
  }
}

export function placeName(side: Side, partition: number, offset: number): string {
  return `${side}-${partition}-${offset}`;
}
