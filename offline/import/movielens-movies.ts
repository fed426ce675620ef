/** MovieLens' movies as catalogue items: genres, and the decade from the year at the end of the title. */
import { parse } from 'csv-parse/sync';
import type { CatalogueItem } from '../../src/events/events.js';
import { UserError } from '../../src/terminal/user-error.js';
import { decadeOfTitle } from './decade.js';
import { readText } from './source-files.js';

/** Reads `movies.dat` or `movies.csv`, by the name of the file. */
export async function readMovies(file: string): Promise<CatalogueItem[]> {
  const text = await readText(file);
  const rows = /\.csv(\.gz)?$/.test(file) ? commaRows(file, text) : colonRows(file, text);
  return rows.map(([id, title, genres]) => movieItem(id, title, genres));
}

/** Attributes are `genre/<as in the file>` and `decade/<its first year>`. */
export function movieItem(itemId: string, title: string, genres: string): CatalogueItem {
  const named = genres.split('|').filter((genre) => genre !== '' && genre !== '(no genres listed)');
  const decade = decadeOfTitle(title);
  const attributes = named.map((genre) => `genre/${genre}`);
  if (decade !== undefined) attributes.push(decade);
  return { itemId, title, attributes: [...new Set(attributes)], markets: null, minimumAge: null, addedAt: null };
}

type MovieRow = readonly [id: string, title: string, genres: string];

function colonRows(file: string, text: string): MovieRow[] {
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  return lines.map((line, index) => {
    const row = /^(\d+)::(.+)::(.*)$/.exec(line);
    if (row === null) throw badMovie(file, index + 1, line);
    const [, id = '', title = '', genres = ''] = row;
    return [id, title, genres];
  });
}

/** Titles with commas are quoted. */
function commaRows(file: string, text: string): MovieRow[] {
  let rows: { record: string[]; info: { lines: number } }[];
  try {
    rows = parse(text, { info: true, relax_column_count: true, skip_empty_lines: true }) as unknown as typeof rows;
  } catch (error) {
    throw new UserError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (rows[0]?.record.join() !== 'movieId,title,genres') {
    throw new UserError(`${file}, line 1: expected the header movieId,title,genres`);
  }
  return rows.slice(1).map(({ record, info }) => {
    const [id = '', title = '', genres = ''] = record;
    if (record.length !== 3 || !/^\d+$/.test(id) || title === '') throw badMovie(file, info.lines, record.join());
    return [id, title, genres];
  });
}

function badMovie(file: string, line: number, text: string): UserError {
  return new UserError(`${file}, line ${line}: not a movie (id, title, genres): ${JSON.stringify(text.slice(0, 80))}`);
}
