import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/builders/folder.js';
import { openDuckDb } from '../duckdb.js';
import { AcceptedWriter, viewAccepted } from './accepted.js';

describe('AcceptedWriter', () => {
  it('numbers users and items in the order of the log, and a user’s interactions from 0, over files and partitions', async () => {
    const folder = temporaryFolder();
    await using database = await openDuckDb();
    const { connection } = database;
    const writer = await AcceptedWriter.open(connection, folder, 3000);
    const rows = Array.from(
      { length: 10_000 },
      (_, n) => [`p${Math.floor(n / 5000)}u${n % 7}`, `i${n % 13}`, n] as const,
    );
    for (const [n, row] of rows.entries()) {
      writer.add(...row);
      if (n % 1000 === 999) await writer.spill();
      if (n === 4999) writer.endPartition();
    }
    expect(await writer.finish()).toEqual({ users: 14, items: 13, interactions: 10_000 });
    expect(readdirSync(join(folder, 'interactions'))).toHaveLength(4);
    await viewAccepted(connection, folder);
    const read = await connection.runAndReadAll(`
      SELECT user_id, item_id, CAST(time_ms AS DOUBLE), user_number, place
      FROM interactions JOIN users USING (user_number) JOIN items USING (item_number) ORDER BY time_ms`);
    const numbers = new Map<string, number>();
    const places = new Map<string, number>();
    const wanted = rows.map(([user, item, time]) => {
      if (!numbers.has(user)) numbers.set(user, numbers.size);
      places.set(user, (places.get(user) ?? -1) + 1);
      return [user, item, time, numbers.get(user), places.get(user)];
    });
    expect(read.getRowsJS()).toEqual(wanted);
  });
});
