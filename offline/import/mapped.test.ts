import { createWriteStream, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import avsc, { type Schema } from 'avsc';
import snappy from 'snappy';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/builders/folder.js';
import { UserError } from '../../src/terminal/user-error.js';
import { literal, openDuckDb } from '../duckdb.js';
import { mappedInteractions } from './mapped-interactions.js';
import { mappedItems } from './mapped-items.js';
import { completeMapping, type MappingDraft } from './mapping.js';
import { type MappingFlags, mappingOf } from './mapping-flags.js';

const signal = new AbortController().signal;

function file(name: string, content: string | Buffer, folder = temporaryFolder()): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function readInteractions(flags: MappingFlags) {
  const { interactions } = await mappingOf(flags);
  const source = await mappedInteractions(interactions!);
  return { source, interactions: [...(await source.read(signal)).interactions()] };
}

async function readItems(flags: MappingFlags) {
  const { items, attributes } = await mappingOf(flags);
  return (await (await mappedItems(items!, attributes)).read(signal)).items;
}

async function parquet(query: string): Promise<string> {
  const path = join(temporaryFolder(), 'rows.parquet');
  await using database = await openDuckDb();
  await database.connection.run(`COPY (${query}) TO ${literal(path)} (FORMAT parquet)`);
  return path;
}

/** As any writer of Avro does: with a checksum of four bytes after what snappy made. */
const CODECS = {
  snappy: (bytes: Buffer, done: (error: null, bytes: Buffer) => void) => {
    done(null, Buffer.concat([snappy.compressSync(bytes), Buffer.alloc(4)]));
  },
  zstandard: (bytes: Buffer, done: (error: null, bytes: Buffer) => void) => {
    done(null, zstdCompressSync(bytes));
  },
};

async function avro(schema: Schema, records: readonly object[], codec = 'null'): Promise<string> {
  const path = join(temporaryFolder(), 'rows.avro');
  const codecs = { ...avsc.streams.BlockEncoder.defaultCodecs(), ...CODECS };
  const encoder = new avsc.streams.BlockEncoder(schema, { codec, codecs });
  await pipeline(Readable.from(records), encoder, createWriteStream(path));
  return path;
}

describe('interactions from CSV', () => {
  it('come from the columns that the flags name, by time, ties in file order', async () => {
    const interactions = file(
      'plays.csv.gz',
      gzipSync(
        '\ufeffat;who;what;how;much\n2026-01-02T00:00:00Z;ann;a;play;\n2026-01-01T00:00:00Z;bob;"b;c";skip;0.5\n' +
          '2026-01-01T00:00:00Z;ann;d;play;2\n',
      ),
    );
    const columns = { user: 'who', item: 'what', time: 'at', timeUnit: 'iso', kind: 'how', value: 'much' } as const;
    const { interactions: read, source } = await readInteractions({ interactions, ...columns, separator: ';' });
    expect(read.map(({ userId, itemId, kind, value }) => [userId, itemId, kind, value])).toEqual([
      ['bob', 'b;c', 'skip', 0.5],
      ['ann', 'd', 'play', 2],
      ['ann', 'a', 'play', null],
    ]);
    expect(read[0]?.occurredAt).toBe(Date.UTC(2026, 0, 1));
    expect(read[0]?.eventId).toBe(`csv:${source.fingerprint.slice(0, 12)}:2`);
  });

  it('need no header line, no quotes and no UTF-8 where the mapping says so', async () => {
    const folder = temporaryFolder();
    file('plays.tsv', Buffer.from('ann\t"Caf\xe9\t5\n', 'latin1'), folder);
    const section = {
      file: 'plays.tsv',
      separator: '\t',
      columns: ['user', 'item', 'time'],
      quote: '',
      encoding: 'latin1',
    };
    const mapping = file('music.json', JSON.stringify({ interactions: section }), folder);
    const { interactions } = await readInteractions({ mapping });
    expect(interactions).toMatchObject([
      { userId: 'ann', itemId: '"Café', occurredAt: 5000, kind: 'view', value: null },
    ]);
  });

  it.each([
    ['s', '1500000000.5'],
    ['ms', '1500000000500'],
    ['us', '1500000000500000'],
    ['ns', '1500000000500000000'],
    ['days', '17361.1111168981481481'],
    ['iso', '2017-07-14T02:40:00.500Z'],
    ['iso', '2017-07-14 02:40:00.5'],
  ] as const)('have times in %s', async (timeUnit, text) => {
    const interactions = file('i.csv', `user,item,time\nu,1,${text}\n`);
    expect((await readInteractions({ interactions, timeUnit })).interactions[0]?.occurredAt).toBe(1_500_000_000_500);
  });

  it('are another source under other columns, and the same one in another place', async () => {
    const content = 'user,item,time,other\nu,1,1,2\n';
    const [one, two] = [file('i.csv', content), file('i.csv', content)];
    const fingerprint = async (flags: MappingFlags) => (await readInteractions(flags)).source.fingerprint;
    expect(await fingerprint({ interactions: one })).toBe(await fingerprint({ interactions: two }));
    expect(await fingerprint({ interactions: one, time: 'other' })).not.toBe(await fingerprint({ interactions: two }));
  });

  it.each([
    ['user,item,when\nu,1,1\n', /has no column time; its columns are user, item, when/],
    ['user,item,time\nu,1,1\n,2,2\n', /i\.csv, line 3: column user is empty/],
    ['user,item,time\nu,1,1700000000000\n', /line 2: column time is no time in s.*--time-unit/],
    ['user,item,time\nu,1,now\n', /line 2: column time is no time/],
    ['user,item,time\nu,1\n', /Invalid Record Length.*line 2/],
    ['user,item,time\n"u,1\n', /Quote Not Closed.*line/],
    ['user,item,time\n', /holds no interaction/],
    [
      `user,item,time\nu,1,1\n${'u'.repeat(513)},2,2\n`,
      /line 3: column user has 513 characters, 512 at most can be: "u/,
    ],
  ])('say what is wrong and where: %j', async (content, message) => {
    const reading = readInteractions({ interactions: file('i.csv', content) });
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toThrow(UserError);
  });
});

describe('interactions from Parquet', () => {
  const query = "SELECT 7 AS who, 'a' AS item, TIMESTAMP '2026-01-01 00:00:00' AS at, 0.5::DECIMAL(3, 1) AS much";

  it('keep their types: times need no unit', async () => {
    const interactions = await parquet(`${query} UNION ALL SELECT 8, 'b', TIMESTAMP '2025-01-01 00:00:00', NULL`);
    const { interactions: read } = await readInteractions({ interactions, user: 'who', time: 'at', value: 'much' });
    expect(read).toMatchObject([
      { userId: '8', itemId: 'b', value: null, occurredAt: Date.UTC(2025, 0) },
      { userId: '7', itemId: 'a', value: 0.5, occurredAt: Date.UTC(2026, 0) },
    ]);
  });

  it('say what is wrong and where', async () => {
    const interactions = await parquet(`${query} UNION ALL SELECT 8, NULL, TIMESTAMP '2025-01-01 00:00:00', NULL`);
    await expect(readInteractions({ interactions })).rejects.toThrow(/has no column user, time; its columns are who, /);
    await expect(readInteractions({ interactions, user: 'who', time: 'at' })).rejects.toThrow(
      /row 2: column item is empty/,
    );
    const rubbish = file('i.parquet', 'rubbish');
    await expect(readInteractions({ interactions: rubbish })).rejects.toThrow(/cannot read .*i\.parquet/);
    await expect(readInteractions({ interactions: rubbish })).rejects.toThrow(UserError);
  });
});

describe('interactions from Avro', () => {
  const schema: Schema = {
    type: 'record',
    name: 'Play',
    fields: [
      { name: 'user', type: 'long' },
      { name: 'item', type: ['null', 'string'] },
      { name: 'time', type: { type: 'long', logicalType: 'timestamp-micros' } },
    ],
  };
  // What the test writes has no logical type: the file's schema does.
  const at = 1_500_000_000_500_000;

  it.each(['null', 'deflate', 'snappy', 'zstandard'])('keep their types, compressed or not (%s)', async (codec) => {
    const interactions = await avro(schema, [{ user: 1, item: 'a', time: at }], codec);
    const { interactions: read } = await readInteractions({ interactions });
    expect(read).toMatchObject([{ userId: '1', itemId: 'a', occurredAt: 1_500_000_000_500 }]);
  });

  it('say what is wrong and where', async () => {
    const records = [
      { user: 1, item: 'a', time: at },
      { user: 1, item: null, time: at },
    ];
    const interactions = await avro(schema, records);
    const cut = file('cut.avro', readFileSync(interactions).subarray(0, -5));
    await expect(readInteractions({ interactions: cut })).rejects.toThrow(/cannot read .*cut\.avro/);
    await expect(readInteractions({ interactions })).rejects.toThrow(/record 2: column item is empty/);
    await expect(readInteractions({ interactions, user: 'who' })).rejects.toThrow(
      /has no column who; its columns are user, item, time/,
    );
    for (const bad of [file('i.avro', 'rubbish'), '/nowhere/at-all.avro']) {
      await expect(readInteractions({ interactions: bad })).rejects.toThrow(/cannot read/);
      await expect(readInteractions({ interactions: bad })).rejects.toThrow(UserError);
    }
  });
});

describe('items', () => {
  const content = 'item,name,genre,mood,year\n1,One,Drama| Comedy |,calm,1959-03-29\n2,,,,\n';

  it('have attributes of their columns, several values each, and a decade', async () => {
    const flags = { title: 'name', attributeColumns: ['genre', 'mood'], decade: 'year' };
    expect(await readItems({ items: file('items.csv', content), ...flags })).toMatchObject([
      { itemId: '1', title: 'One', attributes: ['genre/Drama', 'genre/Comedy', 'mood/calm', 'decade/1950'] },
      { itemId: '2', title: '2', attributes: [] },
    ]);
  });

  it.each([
    [`item,name\n${'i'.repeat(513)},One\n`, /line 2: column item has 513 characters, 512 at most/],
    [`item,name\n1,${'n'.repeat(10_001)}\n`, /line 2: column name has 10001 characters, 10000 at most/],
    [`item,name,genre\n1,One,Drama|${'g'.repeat(195)}\n`, /line 2: column genre has 201 characters, 200 at most/],
    [`item,name,genre\n1,One,${Array.from({ length: 1001 }, (_, i) => i).join('|')}\n`, /item 1 has 1001 attributes/],
  ])('say where one is that the log cannot have, before any of them is in it', async (wrong, message) => {
    const reading = readItems({
      items: file('items.csv', wrong),
      title: 'name',
      attributeColumns: wrong.includes('genre') ? ['genre'] : [],
    });
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toThrow(UserError);
  });

  it('of several lines have the attributes of all, and the title of the first', async () => {
    const items = file('items.csv', 'item,name,genre\n1,One,Rock\n2,Two,Pop\n1,Uno,Jazz\n1,One,Rock\n');
    expect(await readItems({ items, title: 'name', attributeColumns: ['genre'] })).toMatchObject([
      { itemId: '1', title: 'One', attributes: ['genre/Rock', 'genre/Jazz'] },
      { itemId: '2', title: 'Two', attributes: ['genre/Pop'] },
    ]);
  });

  it('take lists of Parquet as several values', async () => {
    const items = await parquet("SELECT 1 AS item, ['Drama', 'Sci|Fi'] AS genre");
    expect((await readItems({ items, attributeColumns: ['genre'] }))[0]?.attributes).toEqual([
      'genre/Drama',
      'genre/Sci|Fi',
    ]);
  });

  it('are joined with the attributes of further files, each value once', async () => {
    const series = file('series.csv', 'item,series,language\n1,Star Wars,en\n1,Jedi,en\n9,Alien,en\n');
    const items = file('items.csv', content);
    const read = await readItems({ items, attributeColumns: ['genre'], attributes: [series] });
    expect(read.map(({ attributes }) => attributes)).toEqual([
      ['genre/Drama', 'genre/Comedy', 'series/Star Wars', 'language/en', 'series/Jedi'],
      [],
    ]);
  });

  it('are not joined with a file about others', async () => {
    const further = file('series.csv', 'item,series\nx,Star Wars\n');
    await expect(readItems({ items: file('items.csv', content), attributes: [further] })).rejects.toThrow(
      /none of its 1 ids in column item is an item's \(the first is "x"\)/,
    );
  });
});

describe('a mapping', () => {
  it('says what flags cannot; a flag wins; its files lie beside it', async () => {
    const folder = temporaryFolder();
    file('plays.csv', 'user,item,t\nu,1,1\n', folder);
    file('tracks.csv', 'id;tags;l\n1;calm,warm;it\n', folder);
    const mapping = file(
      'music.json',
      JSON.stringify({
        interactions: { file: 'plays.csv', time: 'wrong' },
        items: {
          file: 'tracks.csv',
          separator: ';',
          id: 'id',
          attributes: [{ column: 'tags', name: 'mood', separator: ',' }, 'l'],
        },
      }),
      folder,
    );
    expect((await readInteractions({ mapping, time: 't' })).interactions).toHaveLength(1);
    expect((await readItems({ mapping }))[0]?.attributes).toEqual(['mood/calm', 'mood/warm', 'l/it']);
  });

  it('of the documentation is one', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/import.md'), 'utf8');
    const [, json = ''] = /```json\n([^`]*)```/.exec(page) ?? [];
    const { interactions, items, attributes } = completeMapping(JSON.parse(json) as MappingDraft, 'docs/import.md');
    expect(interactions).toMatchObject({ separator: '\t', quote: '' });
    expect(items?.attributes[1]).toEqual({ column: 'tags', name: 'mood', separator: ';' });
    expect(attributes).toHaveLength(1);
  });

  it.each([
    ['{', /music\.json is no JSON/],
    ['[]', /music\.json: the whole: /],
    ['{"interactions":{"file":"x","timeUnit":"years"}}', /music\.json: interactions\.timeUnit: /],
    ['{"interactions":{"file":"x","usr":"u"}}', /music\.json: interactions: .*usr/],
    ['{"items":{}}', /music\.json: items\.file: /],
    ['{}', /nothing to import/],
  ])('that is wrong is refused by name: %s', async (content, message) => {
    const reading = mappingOf({ mapping: file('music.json', content) });
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toThrow(UserError);
  });

  it.each([
    [{ interactions: 'i.csv', title: 'name' }, /--title is about the items: name their file with --items/],
    [{ items: 'i.csv', timeUnit: 'ms' }, /--time-unit is about the interactions/],
    [{ interactions: 'i.csv', attributes: ['a.csv'] }, /further attributes are joined to items/],
  ] as const)('flags about a file that nobody names are refused: %j', async (flags, message) => {
    await expect(mappingOf(flags)).rejects.toThrow(message);
  });

  it('says which file cannot be read', async () => {
    await expect(mappingOf({ mapping: '/nowhere/at-all.json' })).rejects.toThrow(/cannot read \/nowhere\/at-all\.json/);
    const missing = readInteractions({ interactions: '/nowhere/at-all.csv' });
    await expect(missing).rejects.toThrow(/cannot read \/nowhere\/at-all\.csv/);
  });
});
