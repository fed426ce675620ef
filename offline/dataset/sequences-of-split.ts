/** What the SQL of a split made, as the columns that training reads. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { Int32Column } from '../columns.js';
import { UserError } from '../../src/terminal/user-error.js';
import type { SequenceRows, SequencesSource, SplitKind, SplitParts } from './sequences.js';

export interface Vocabulary {
  /** Item ids by index. */
  readonly items: readonly string[];
  /** By index: how often the item stands in what GPTRec learns from. */
  readonly uses: Int32Array;
}

export async function readVocabulary(connection: DuckDBConnection): Promise<Vocabulary> {
  const items: string[] = [];
  const uses = new Int32Column();
  const query = 'SELECT item_id, CAST(uses AS INTEGER) AS uses FROM vocabulary ORDER BY item_index';
  for await (const rows of (await connection.stream(query)).yieldRowObjectJs()) {
    for (const { item_id, uses: count } of rows) {
      items.push(item_id as string);
      uses.push(Number(count));
    }
  }
  return { items, uses: uses.view().slice() };
}

/**
 * @param log what it was made from
 * @throws UserError for a log that is too small
 */
export async function readParts(
  connection: DuckDBConnection,
  kind: SplitKind,
  log: { readonly users: number; readonly interactions: number },
): Promise<SplitParts<SequencesSource>> {
  if (log.interactions === 0) throw new UserError('the log holds no interaction to train on; import some first');
  const [train, validation, test] = [
    await readPart(connection, 'train'),
    await readPart(connection, 'validation'),
    await readPart(connection, 'test'),
  ];
  const sae = kind === 'paper' ? await readPart(connection, 'sae') : train;
  const parts = { train, validation, sae, test };
  const needed = kind === 'leave-one-out' ? (['train'] as const) : PARTS;
  const [empty] = needed.filter((part) => parts[part].users.length === 0);
  if (empty === undefined) return parts;
  throw new UserError(
    `the split ${kind} of ${log.users} users leaves none for ${empty}: ${NEEDS[kind]}` +
      (kind === 'leave-one-out' ? '' : ' (--split leave-one-out does with fewer)'),
  );
}

const PARTS = ['train', 'validation', 'sae', 'test'] as const;

const NEEDS: Readonly<Record<SplitKind, string>> = {
  paper: 'it needs some dozens of users, whose beginnings differ in time',
  'global-time': 'it needs users with two interactions or more before, between and after its two moments',
  'leave-one-out': 'it needs users with four interactions or more',
};

/** The beginning of the test, ISO 8601; null where every user has its own. */
export async function testFrom(connection: DuckDBConnection, kind: SplitKind): Promise<string | null> {
  if (kind === 'leave-one-out') return null;
  const cut = await connection.runAndReadAll('SELECT CAST(cut_ms AS DOUBLE) FROM cut');
  return new Date(Number(cut.getRowsJS()[0]?.[0])).toISOString();
}

/** The sequences of one part; its users may be none. */
async function readPart(connection: DuckDBConnection, part: string): Promise<SequencesSource> {
  const users: string[] = [];
  const offsets = new Int32Column();
  let end = 0;
  offsets.push(end);
  const query = `
    SELECT u.user_id, CAST(k.events AS INTEGER) AS events
    FROM kept k JOIN users u ON u.user_number = k.user_number WHERE k.part = $1 ORDER BY k.user_place`;
  for await (const rows of (await connection.stream(query, [part])).yieldRowObjectJs()) {
    for (const { user_id, events } of rows) {
      users.push(user_id as string);
      offsets.push((end += Number(events)));
    }
  }
  return { users, offsets: offsets.view().slice(), rows: () => readRows(connection, part) };
}

/** In the order of the file, which is that of the split. */
async function* readRows(connection: DuckDBConnection, part: string): AsyncGenerator<SequenceRows> {
  const result = await connection.stream(
    'SELECT CAST(item_index AS INTEGER), CAST(time_ms AS DOUBLE) FROM sequences WHERE part = $1',
    [part],
  );
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    yield {
      items: Int32Array.from(chunk.getColumnValues(0), Number),
      times: Float64Array.from(chunk.getColumnValues(1), Number),
    };
  }
}
