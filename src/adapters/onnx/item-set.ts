/** Different items as a set, where they came across as an array: nobody asks for one of them, so nothing is hashed. */
export class ItemSet implements ReadonlySet<number> {
  constructor(private readonly items: Int32Array) {}

  get size(): number {
    return this.items.length;
  }

  has(item: number): boolean {
    return this.items.includes(item);
  }

  forEach(use: (item: number, same: number, set: ReadonlySet<number>) => void): void {
    for (const item of this.items) use(item, item, this);
  }

  values(): SetIterator<number> {
    return this.items.values();
  }

  keys(): SetIterator<number> {
    return this.items.values();
  }

  *entries(): SetIterator<[number, number]> {
    for (const item of this.items) yield [item, item];
  }

  [Symbol.iterator](): SetIterator<number> {
    return this.items.values();
  }
}
