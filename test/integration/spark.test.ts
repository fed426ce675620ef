/** The splits' SQL on Spark and on DuckDB, over the same Parquet: every table has the same rows. */
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SPLIT_KINDS, type SplitKind } from '../../offline/dataset/sequences.js';
import { literal, openDuckDb } from '../../offline/duckdb.js';
import { createRandom } from '../../offline/random.js';
import { type Accepted, splitBySql } from '../builders/sql-split.js';
import { pyspark, sparkProgram } from '../services/spark.js';

const dir = mkdtempSync(join(tmpdir(), 'steerstream-spark-'));
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

/** One session for all: a start takes seconds. */
const PROGRAM = `
import sys
sys.path.insert(0, sys.argv[1])
from pyspark.sql import SparkSession
from spark import make_split
session = SparkSession.builder.getOrCreate()
for split in sys.argv[3:]:
    folder = sys.argv[2] + "/" + split
    make_split(session, split, folder, folder + "/tables", folder + "/spark")
session.stop()
`;

/** Users who begin at the same time, items used as often as others, ids beyond ASCII, users too short to be kept. */
function events(): Accepted[] {
  const random = createRandom(7);
  const ids = ['a', 'B', 'é', 'z', '～', '😀', 'a"b', "it's", ...Array.from({ length: 40 }, (_, n) => `i${n}`)];
  const all = Array.from({ length: 150 }, (_, user) => {
    let time = 1_600_000_000_000 + 1000 * random.below(60);
    return Array.from({ length: 1 + random.below(12) }, (): Accepted => {
      time += 1000 * random.below(30);
      return [`u${user}`, ids[Math.floor(ids.length * random.random() ** 2)] ?? 'a', time];
    });
  });
  return all.flat().sort((a, b) => a[2] - b[2]);
}

// Apart from the tests' time limit: the first run of a machine downloads pyspark.
beforeAll(() => pyspark(), 1_800_000);

describe('the SQL of the splits', () => {
  beforeAll(async () => {
    for (const kind of SPLIT_KINDS) await splitBySql(kind, events(), { seed: 3, folder: join(dir, kind) });
    const sql = join(import.meta.dirname, '../../offline/dataset/sql');
    await sparkProgram(PROGRAM, [sql, dir, ...SPLIT_KINDS]);
  }, 600_000);

  it.each(SPLIT_KINDS)('gives the same rows in Spark (%s)', async (kind: SplitKind) => {
    const made = await readdir(join(dir, kind, 'spark'));
    const names = (await readdir(join(dir, kind, 'tables'))).map((file) => file.replace('.parquet', ''));
    expect(made.toSorted()).toEqual(names.filter((name) => name !== 'draw').toSorted());
    expect(made).toContain('sequences');
    await using database = await openDuckDb();
    for (const name of made) {
      const here = `SELECT * FROM read_parquet(${literal(join(dir, kind, 'tables', `${name}.parquet`))})`;
      const there = `SELECT * FROM read_parquet(${literal(join(dir, kind, 'spark', name, '*.parquet'))})`;
      const counted = await database.connection.runAndReadAll(`
        SELECT (SELECT COUNT(*) FROM (${here})) > 0,
          (SELECT COUNT(*) FROM (${here} EXCEPT ALL ${there})), (SELECT COUNT(*) FROM (${there} EXCEPT ALL ${here}))`);
      expect(counted.getRowsJS()[0], name).toEqual([true, 0n, 0n]);
    }
  });
});
