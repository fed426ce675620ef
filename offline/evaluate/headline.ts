/** The attributes that headlines are means over: the genres, as in the paper; where there are none, all. */
const GENRE = 'genre/';

/** Mean of a value over those of the rows; 0 where there is no row. */
export function headlineMean<R extends { readonly attribute: string }>(
  rows: readonly R[],
  value: (row: R) => number,
): number {
  const genres = rows.filter(({ attribute }) => attribute.startsWith(GENRE));
  const judged = genres.length > 0 ? genres : rows;
  return judged.reduce((sum, row) => sum + value(row), 0) / Math.max(1, judged.length);
}
