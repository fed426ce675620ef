/** Writes to an embedded log what no proper producer would. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface RawRecord {
  readonly topic: string;
  readonly partition: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** Appends records to the partitions they name, whatever their keys say. */
export function appendRaw(folder: string, records: readonly RawRecord[]): void {
  change(folder, (sqlite) => {
    const end = sqlite.prepare(
      'SELECT next FROM extents WHERE topic = (SELECT id FROM topics WHERE name = ?) AND partition = ?',
    );
    const insert = sqlite.prepare('INSERT INTO records SELECT id, ?, ?, ?, ?, ? FROM topics WHERE name = ?');
    const move = sqlite.prepare(
      'UPDATE extents SET next = next + 1 WHERE topic = (SELECT id FROM topics WHERE name = ?) AND partition = ?',
    );
    for (const { topic, partition, timestamp, key, value } of records) {
      const { next } = end.get(topic, partition) as { next: number };
      insert.run(partition, next, timestamp, key, value, topic);
      move.run(topic, partition);
    }
  });
}

/** Deletes the records of a partition before an offset, as retention does. */
export function deleteBefore(folder: string, topic: string, partition: number, first: number): void {
  change(folder, (sqlite) => {
    const { id } = sqlite.prepare('SELECT id FROM topics WHERE name = ?').get(topic) as { id: number };
    sqlite.prepare('DELETE FROM records WHERE topic = ? AND partition = ? AND offset < ?').run(id, partition, first);
    sqlite.prepare('UPDATE extents SET first = ? WHERE topic = ? AND partition = ?').run(first, id, partition);
  });
}

/** Forgets every committed offset of every group. */
export function forgetOffsets(folder: string): void {
  change(folder, (sqlite) => {
    sqlite.exec('DELETE FROM offsets');
  });
}

function change(folder: string, work: (sqlite: DatabaseSync) => void): void {
  const sqlite = new DatabaseSync(join(folder, 'log.sqlite'), { timeout: 5000 });
  try {
    sqlite.exec('BEGIN IMMEDIATE');
    work(sqlite);
    sqlite.exec('COMMIT');
  } finally {
    sqlite.close();
  }
}
