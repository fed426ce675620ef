import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/builders/folder.js';
import { UserError } from '../../src/terminal/user-error.js';
import { movieLens } from './movielens.js';
import { movieItem } from './movielens-movies.js';

const signal = new AbortController().signal;

const RATINGS = ['1::20::5::300', '2::10::3::100', '1::10::4::300', '2::30::1::200'];
const MOVIES = ["10::Amélie (2001)::Children's|Comedy", '20::Untitled::(no genres listed)', '30::X: Y (1899)::Drama'];

function folderOf(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

async function readAll(folder: string) {
  const source = await movieLens(folder);
  const data = await source.read(signal);
  return { source, items: data.items, count: data.interactionCount, interactions: [...data.interactions()] };
}

describe('movieLens', () => {
  it('reads 1M: ISO-8859-1, genres as in the file, decades, interactions by time with ties in file order', async () => {
    const folder = folderOf({
      'ratings.dat': `${RATINGS.join('\n')}\n`,
      'movies.dat': Buffer.from(`${MOVIES.join('\n')}\n`, 'latin1'),
    });
    const { items, interactions, count } = await readAll(folder);
    expect(items).toMatchObject([
      { itemId: '10', title: 'Amélie (2001)', attributes: ["genre/Children's", 'genre/Comedy', 'decade/2000'] },
      { itemId: '20', title: 'Untitled', attributes: [] },
      { itemId: '30', attributes: ['genre/Drama', 'decade/1890'] },
    ]);
    expect(count).toBe(4);
    expect(interactions.map((event) => event.eventId)).toEqual(['ml:2', 'ml:4', 'ml:1', 'ml:3']);
    expect(interactions[2]).toEqual({
      eventId: 'ml:1',
      userId: '1',
      itemId: '20',
      kind: 'rating',
      value: 5,
      occurredAt: 300_000,
      listId: null,
      context: null,
    });
  });

  it('reads 20M and later, gzipped, with quoted titles and Windows line ends', async () => {
    const folder = folderOf({
      'ratings.csv.gz': gzipSync('userId,movieId,rating,timestamp\r\n7,10,4.5,20\r\n7,20,0.5,10'),
      'movies.csv.gz': gzipSync('movieId,title,genres\r\n10,"Odd, ""The"" (2006–2007)",IMAX|Film-Noir\r\n'),
    });
    const { items, interactions } = await readAll(folder);
    expect(items).toMatchObject([
      { title: 'Odd, "The" (2006–2007)', attributes: ['genre/IMAX', 'genre/Film-Noir', 'decade/2000'] },
    ]);
    expect(interactions.map(({ eventId, value }) => [eventId, value])).toEqual([
      ['ml:2', 0.5],
      ['ml:1', 4.5],
    ]);
  });

  it('has a fingerprint of the contents, not of the place', async () => {
    const files = { 'ratings.dat': RATINGS.join('\n'), 'movies.dat': MOVIES.join('\n') };
    const [one, two] = [await movieLens(folderOf(files)), await movieLens(folderOf(files))];
    const other = await movieLens(folderOf({ ...files, 'ratings.dat': RATINGS.slice(1).join('\n') }));
    expect(one.fingerprint).toBe(two.fingerprint);
    expect(one.fingerprint).not.toBe(other.fingerprint);
  });

  it('says what it looked for', async () => {
    const folder = folderOf({ 'movies.dat': 'x' });
    await expect(movieLens(folder)).rejects.toThrow(
      /no MovieLens in .*ratings\.dat with movies\.dat, or ratings\.csv with movies\.csv/,
    );
  });

  it.each([
    ['1::20::5', 'too few fields'],
    ['1::20::5::yesterday', 'no time'],
    ['x::20::5::300', 'no user'],
    ['1::20::::300', 'no rating'],
    ['', 'an empty line'],
  ])('names file and line of a bad rating: %s (%s)', async (bad) => {
    const folder = folderOf({ 'ratings.dat': `${RATINGS.join('\n')}\n${bad}\n`, 'movies.dat': MOVIES.join('\n') });
    await expect(readAll(folder)).rejects.toThrow(/ratings\.dat, line 5: not a rating/);
  });

  it('names file and line of a bad movie, of a wrong header, and a broken archive', async () => {
    const ratings = { 'ratings.dat': RATINGS.join('\n') };
    await expect(readAll(folderOf({ ...ratings, 'movies.dat': `${MOVIES.join('\n')}\nwhat` }))).rejects.toThrow(
      /movies\.dat, line 4: not a movie/,
    );
    const files = { 'ratings.csv': 'user;movie\n', 'movies.csv': 'movieId,title,genres\n' };
    await expect(readAll(folderOf(files))).rejects.toThrow(/ratings\.csv, line 1: expected the header/);
    const broken = { 'ratings.dat.gz': 'this is no gzip', 'movies.dat': MOVIES.join('\n') };
    await expect(readAll(folderOf(broken))).rejects.toThrow(UserError);
  });
});

describe('movieItem', () => {
  it('takes a year only from the end of the title', () => {
    expect(movieItem('1', '2001: A Space Odyssey (1968)', 'Sci-Fi').attributes).toEqual([
      'genre/Sci-Fi',
      'decade/1960',
    ]);
    expect(movieItem('1', '1984', '').attributes).toEqual([]);
  });
});
