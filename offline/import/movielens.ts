/**
 * MovieLens as GroupLens hands it out: 1M and 10M (`ratings.dat`, `movies.dat`, fields between `::`), 20M and later
 * (`ratings.csv`, `movies.csv`), each file also gzipped. Every rating is an interaction, whatever its value.
 */
import { UserError } from '../../src/terminal/user-error.js';
import { InteractionTable } from './interaction-table.js';
import { joinAttributes } from './joined-attributes.js';
import { joinedFile } from './mapping.js';
import { readMovies } from './movielens-movies.js';
import type { ImportSource } from './source.js';
import { findFile, fingerprintFiles, readLines } from './source-files.js';

/** Goes up when the same files would lead to other records. */
const READER = 'movielens 1';

interface Format {
  readonly ratings: string;
  readonly movies: string;
  readonly separator: string;
  /** First line of the ratings, where there is a header. */
  readonly header: string | null;
}

const FORMATS: readonly Format[] = [
  { ratings: 'ratings.dat', movies: 'movies.dat', separator: '::', header: null },
  { ratings: 'ratings.csv', movies: 'movies.csv', separator: ',', header: 'userId,movieId,rating,timestamp' },
];

/** Looks for MovieLens in a folder. @throws UserError that lists what was looked for. */
export async function movieLens(folder: string): Promise<ImportSource> {
  const { ratings, movies, format } = findMovieLens(folder);
  return {
    name: `MovieLens from ${ratings}`,
    fingerprint: await fingerprintFiles(READER, [ratings, movies]),
    read: async (signal) => {
      const items = await readMovies(movies);
      const table = await readRatings(ratings, format, signal);
      return { items, interactionCount: table.length, interactions: () => table.byTime('ml') };
    },
  };
}

/** The movies alone, with further attributes. @param files CSV, Parquet or Avro with a column `item` */
export async function movieLensAttributes(folder: string, files: readonly string[]): Promise<ImportSource> {
  const { movies } = findMovieLens(folder);
  return {
    name: `movies with attributes from ${files.join(' and ')}`,
    fingerprint: await fingerprintFiles(`${READER} attributes`, [movies, ...files]),
    read: async (signal) => {
      const items = await joinAttributes(await readMovies(movies), files.map(joinedFile), signal);
      return { items, interactionCount: 0, interactions: () => [] };
    },
  };
}

function findMovieLens(folder: string): { ratings: string; movies: string; format: Format } {
  for (const format of FORMATS) {
    const ratings = findFile(folder, [format.ratings]);
    const movies = findFile(folder, [format.movies]);
    if (ratings !== undefined && movies !== undefined) return { ratings, movies, format };
  }
  const pairs = FORMATS.map((format) => `${format.ratings} with ${format.movies}`).join(', or ');
  throw new UserError(`no MovieLens in ${folder}: looked for ${pairs}, each also with .gz at its end`);
}

async function readRatings(file: string, format: Format, signal: AbortSignal): Promise<InteractionTable> {
  const table = new InteractionTable();
  for await (const { first, lines } of readLines(file)) {
    signal.throwIfAborted();
    for (const [index, line] of lines.entries()) {
      const number = first + index;
      if (number === 1 && format.header !== null) checkHeader(line, format.header, file);
      else if (!addRating(table, line.split(format.separator))) {
        const want = ['user', 'movie', 'rating', 'seconds since 1970'].join(format.separator);
        throw new UserError(`${file}, line ${number}: not a rating (${want}): ${JSON.stringify(line.slice(0, 80))}`);
      }
    }
  }
  if (table.length === 0) throw new UserError(`${file} holds no rating`);
  return table;
}

function checkHeader(line: string, header: string, file: string): void {
  if (line.trim() === header) return;
  throw new UserError(`${file}, line 1: expected the header ${header}, found ${JSON.stringify(line.slice(0, 80))}`);
}

/** False, and nothing added, for a row that is no rating. */
function addRating(table: InteractionTable, fields: readonly string[]): boolean {
  const [user, movie, rating, seconds] = fields;
  if (fields.length !== 4 || !user || !movie || !rating || !seconds) return false;
  const value = Number(rating);
  if (!/^\d+$/.test(user) || !/^\d+$/.test(movie) || !/^\d{1,11}$/.test(seconds) || !Number.isFinite(value))
    return false;
  table.add({ userId: user, itemId: movie, kind: 'rating', value, occurredAt: Number(seconds) * 1000 });
  return true;
}
