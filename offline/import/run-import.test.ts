import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/builders/folder.js';
import { allRecords, offlineContext, resumed, type TestContext } from '../../test/builders/offline.js';
import { createCodec } from '../../src/events/codec.js';
import { Interrupted, UserError } from '../../src/terminal/user-error.js';
import { type MappingFlags, mappingOf } from './mapping-flags.js';
import { runImportCsv, runImportMovieLens } from './run-import.js';

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

async function counts(context: TestContext): Promise<{ interactions: number; items: number }> {
  const [interactions, items] = [await allRecords(context, 'interactions'), await allRecords(context, 'catalogue')];
  return { interactions: interactions.length, items: items.length };
}

/** Item id -> attributes, as the last record of each says. */
async function attributesIn(context: TestContext): Promise<Record<string, readonly string[]>> {
  const codec = createCodec('catalogue-item');
  const records = await allRecords(context, 'catalogue');
  return Object.fromEntries(
    records.map(({ value }) => {
      const decoded = codec.decode(value ?? Buffer.alloc(0));
      if (!decoded.ok) throw new Error(decoded.message);
      return [decoded.value.itemId, decoded.value.attributes];
    }),
  );
}

describe('runImportCsv', () => {
  const plays = Array.from({ length: 12_000 }, (_, n) => `u${n % 7},t${n % 3},${n}`).join('\n');
  const folder = () =>
    folderOf({
      'plays.csv': `user,item,time\n${plays}\n`,
      'tracks.csv': 'item,genre\nt0,Jazz\nt1,Rock\nt2,Jazz\n',
      'moods.csv': 'item,mood\nt0,calm\n',
    });
  const importFrom = async (context: TestContext, at: string, more: MappingFlags = {}): Promise<void> => {
    const flags = { interactions: join(at, 'plays.csv'), items: join(at, 'tracks.csv'), ...more };
    await runImportCsv(context, await mappingOf(flags));
  };

  it('writes items and interactions, and nothing a second time', async () => {
    const [context, at] = [offlineContext(), folder()];
    await importFrom(context, at);
    expect(await counts(context)).toEqual({ interactions: 12_000, items: 3 });
    await importFrom(context, at);
    expect(await counts(context)).toEqual({ interactions: 12_000, items: 3 });
    expect(context.lines.filter((line) => line.includes('already in the log'))).toHaveLength(2);
  });

  it('goes on where it was interrupted', async () => {
    let appends = 0;
    // The items, then a first chunk of interactions.
    const context = offlineContext({
      beforeAppend: (interrupt) => {
        if (++appends === 4) interrupt();
      },
    });
    const at = folder();
    await expect(importFrom(context, at)).rejects.toThrow(Interrupted);
    const { interactions } = await counts(context);
    expect(interactions).toBeGreaterThan(0);
    expect(interactions).toBeLessThan(12_000);
    await importFrom(resumed(context), at);
    expect(await counts(context)).toEqual({ interactions: 12_000, items: 3 });
  });

  it('adds attributes later without the interactions again', async () => {
    const [context, at] = [offlineContext(), folder()];
    await importFrom(context, at);
    const attributes = [join(at, 'moods.csv')];
    await importFrom(context, at, { attributeColumns: ['genre'], attributes });
    expect(await counts(context)).toEqual({ interactions: 12_000, items: 6 });
    expect(await attributesIn(context)).toEqual({
      t0: ['genre/Jazz', 'mood/calm'],
      t1: ['genre/Rock'],
      t2: ['genre/Jazz'],
    });
  });
});

describe('runImportMovieLens', () => {
  const movieLens = { 'ratings.dat': '1::10::5::300\n', 'movies.dat': '10::A (1999)::Drama\n20::B::\n' };

  it('joins further attributes, at once or later', async () => {
    const folder = folderOf({ ...movieLens, 'more.csv': 'item,language,series\n10,en|fr,A\n' });
    const [once, later] = [offlineContext(), offlineContext()];
    const attributes = [join(folder, 'more.csv')];
    await runImportMovieLens(once, folder, attributes);
    await runImportMovieLens(later, folder);
    await runImportMovieLens(later, folder, attributes);
    for (const context of [once, later]) {
      expect(await attributesIn(context)).toEqual({
        '10': ['genre/Drama', 'decade/1990', 'language/en', 'language/fr', 'series/A'],
        '20': [],
      });
      expect((await counts(context)).interactions).toBe(1);
    }
  });

  it('refuses attributes of other items', async () => {
    const folder = folderOf({ ...movieLens, 'more.csv': 'item,language\n11,en\n' });
    const importing = runImportMovieLens(offlineContext(), folder, [join(folder, 'more.csv')]);
    await expect(importing).rejects.toThrow(UserError);
  });
});
