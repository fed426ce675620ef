/** Puts what no version of the service wrote where the embedded store has a user's state. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Task } from '../../src/ports/log.js';

export function spoilState(folder: string, { partition }: Task, userId: string): void {
  const sqlite = new DatabaseSync(join(folder, 'state.sqlite'), { timeout: 5000 });
  try {
    const put = sqlite.prepare('INSERT OR REPLACE INTO states (partition, user, state) VALUES (?, ?, ?)');
    put.run(partition, userId, Buffer.from('garbage'));
  } finally {
    sqlite.close();
  }
}
