/** Rows of different lengths in one array, to cross to another thread without a copy. */
export interface Rows {
  readonly values: Int32Array<ArrayBuffer>;
  readonly lengths: Int32Array<ArrayBuffer>;
}

export function packRows(rows: readonly (Int32Array | readonly number[])[]): Rows {
  const lengths = Int32Array.from(rows, ({ length }) => length);
  const values = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const row of rows) {
    values.set(row, at);
    at += row.length;
  }
  return { values, lengths };
}

/** Views of the array. */
export function unpackRows({ values, lengths }: Rows): Int32Array[] {
  let at = 0;
  return Array.from(lengths, (length) => values.subarray(at, (at += length)));
}
