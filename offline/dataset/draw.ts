/** The random part of the paper's split: the order in which users are drawn. It hangs on the seed alone. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { createRandom } from '../random.js';
import { viewOf } from './parquet-tables.js';
import { TableWriter } from './table-writer.js';

/** Writes and makes the table `draw` (trainable_rank, drawn) for the users of `trainable`. */
export async function writeDraw(connection: DuckDBConnection, seed: number, file: string): Promise<void> {
  const counted = await connection.runAndReadAll('SELECT CAST(COUNT(*) AS DOUBLE) FROM trainable');
  const users = Number(counted.getRowsJS()[0]?.[0]);
  const order = createRandom(seed).shuffle(Uint32Array.from({ length: users }, (_, rank) => rank));
  const writer = await TableWriter.open(connection, 'draw', { trainable_rank: 'INTEGER', drawn: 'INTEGER' });
  for (const [drawn, rank] of order.entries()) writer.add([rank, drawn]);
  await writer.moveTo(file);
  await writer.close();
  await viewOf(connection, 'draw', file);
}
