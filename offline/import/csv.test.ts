import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/builders/folder.js';
import { UserError } from '../../src/terminal/user-error.js';
import { type CsvOptions, csv } from './csv.js';

const signal = new AbortController().signal;
const plain = { user: 'user', item: 'item', time: 'time', timeUnit: 's', separator: ',' } as const;

function file(name: string, content: string | Buffer): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

async function readAll(options: Partial<CsvOptions> & Pick<CsvOptions, 'interactions'>) {
  const source = await csv({ ...plain, attributes: [], multiSeparator: '|', ...options });
  const data = await source.read(signal);
  return { source, items: data.items, interactions: [...data.interactions()] };
}

describe('csv', () => {
  it('reads the columns that the flags name, by time, ties in file order', async () => {
    const interactions = file(
      'plays.csv.gz',
      gzipSync(
        '\ufeffat;who;what;how;much\n2026-01-02T00:00:00Z;ann;a;play;\n2026-01-01T00:00:00Z;bob;"b;c";skip;0.5\n' +
          '2026-01-01T00:00:00Z;ann;d;play;2\n',
      ),
    );
    const columns = { user: 'who', item: 'what', time: 'at', timeUnit: 'iso', kind: 'how', value: 'much' } as const;
    const { interactions: read, source } = await readAll({ interactions, ...columns, separator: ';' });
    expect(read.map(({ userId, itemId, kind, value }) => [userId, itemId, kind, value])).toEqual([
      ['bob', 'b;c', 'skip', 0.5],
      ['ann', 'd', 'play', 2],
      ['ann', 'a', 'play', null],
    ]);
    expect(read[0]?.occurredAt).toBe(Date.UTC(2026, 0, 1));
    expect(read[0]?.eventId).toBe(`csv:${source.fingerprint.slice(0, 12)}:2`);
  });

  it('makes attributes of item columns, several values each', async () => {
    const interactions = file('i.csv', 'user,item,time\nu,1,1.5\n');
    const items = file('items.csv', 'item,name,genre,mood\n1,One,Drama| Comedy |,calm\n2,,,\n');
    const read = await readAll({ interactions, items, title: 'name', attributes: ['genre', 'mood'] });
    expect(read.items).toMatchObject([
      { itemId: '1', title: 'One', attributes: ['genre/Drama', 'genre/Comedy', 'mood/calm'] },
      { itemId: '2', title: '2', attributes: [] },
    ]);
    expect(read.interactions).toMatchObject([{ kind: 'view', value: null, occurredAt: 1500 }]);
  });

  it('is another source under other columns', async () => {
    const interactions = file('i.csv', 'user,item,time,other\nu,1,1,2\n');
    const one = await readAll({ interactions });
    const two = await readAll({ interactions, time: 'other' });
    expect(one.source.fingerprint).not.toBe(two.source.fingerprint);
  });

  it.each([
    ['user,item,when\nu,1,1\n', /has no column time; its columns are user, item, when/],
    ['user,item,time\nu,1,1\n,2,2\n', /line 3: column user is empty/],
    ['user,item,time\nu,1,1700000000000\n', /line 2: column time is no time in s.*--time-unit/],
    ['user,item,time\nu,1,now\n', /line 2: column time is no time/],
    ['user,item,time\nu,1\n', /Invalid Record Length.*line 2/],
    ['user,item,time\n', /holds no interaction/],
  ])('says what is wrong and where: %j', async (content, message) => {
    const reading = readAll({ interactions: file('i.csv', content) });
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toThrow(UserError);
  });

  it('says which file cannot be read', async () => {
    await expect(readAll({ interactions: '/nowhere/at-all.csv' })).rejects.toThrow(
      /cannot read \/nowhere\/at-all\.csv/,
    );
  });
});
