/** Rows of different lengths in one array, to cross to another thread without a copy. */
export interface Rows {
  readonly values: Int32Array<ArrayBuffer>;
  readonly lengths: Int32Array<ArrayBuffer>;
}

type Row = Iterable<number> & ({ readonly length: number } | { readonly size: number });

export function packRows(rows: readonly Row[]): Rows {
  const lengths = Int32Array.from(rows, (row) => ('size' in row ? row.size : row.length));
  const values = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const row of rows) for (const value of row) values[at++] = value;
  return { values, lengths };
}

/** Views of the array. */
export function unpackRows({ values, lengths }: Rows): Int32Array[] {
  let at = 0;
  return Array.from(lengths, (length) => values.subarray(at, (at += length)));
}
