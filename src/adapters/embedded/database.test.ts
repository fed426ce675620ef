import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../../test/builders/folder.js';
import { Unavailable } from '../../ports/errors.js';
import { Database, row } from './database.js';

const run = promisify(execFile);

function open(folder: string, version = 1): Database {
  const database = Database.open({
    path: join(folder, 'new', 'some.sqlite'),
    schema: 'CREATE TABLE numbers (number INTEGER NOT NULL)',
    version,
    durability: 'process',
  });
  onTestFinished(() => {
    database.close();
  });
  return database;
}

describe('Database', () => {
  it('makes its folder and tables, and keeps what it holds when opened again', async () => {
    const folder = temporaryFolder();
    const first = open(folder);
    await first.write(() => first.prepare('INSERT INTO numbers VALUES (7)').run());
    first.close();
    const again = open(folder);
    expect(await again.read(() => row(again.prepare('SELECT number FROM numbers')))).toEqual({ number: 7 });
  });

  it('refuses a file of another version', () => {
    const folder = temporaryFolder();
    open(folder).close();
    expect(() => open(folder, 2)).toThrow(/format 1, this version reads 2/);
  });

  it('undoes the whole of a write that throws', async () => {
    const database = open(temporaryFolder());
    const insert = database.prepare('INSERT INTO numbers VALUES (?)');
    const failing = database.write(() => {
      insert.run(1);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await database.write(() => insert.run(2));
    expect(await database.read(() => database.prepare('SELECT number FROM numbers').all())).toEqual([{ number: 2 }]);
  });

  it('says that it is unavailable while the file is locked', async () => {
    const folder = temporaryFolder();
    const database = open(folder);
    database.prepare('PRAGMA busy_timeout = 1').get();
    const other = new DatabaseSync(join(folder, 'new', 'some.sqlite'));
    other.exec('BEGIN IMMEDIATE');
    await expect(database.write(() => 1)).rejects.toThrow(Unavailable);
    other.exec('ROLLBACK');
    other.close();
    expect(await database.write(() => 1)).toBe(1);
  });

  it('is opened by many processes at once', async () => {
    const folder = temporaryFolder();
    const module = join(import.meta.dirname, '../../../dist/src/adapters/embedded/sqlite-log.js');
    const script =
      `const { SqliteLog } = await import(${JSON.stringify(module)});` +
      `const log = SqliteLog.open(${JSON.stringify(folder)}); await log.ensureTopic('t', 1);` +
      `await log.append([{ topic: 't', key: null, value: null }]);` +
      `process.stdout.write(String((await log.extents('t'))[0].end)); await log.close();`;
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => run(process.execPath, ['--input-type=module', '-e', script])),
    );
    const ends = answers.map(({ stdout }) => Number(stdout));
    expect(Math.max(...ends)).toBe(4);
  });
});
