/** The embedded adapters keep the contracts of their ports. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteLog } from '../../src/adapters/embedded/sqlite-log.js';
import { SqliteStateStore } from '../../src/adapters/embedded/sqlite-state-store.js';
import type { Task } from '../../src/ports/log.js';
import { spoilState } from '../builders/spoiled-state.js';
import { logContract } from './log.contract.js';
import { stateStoreContract } from './state-store.contract.js';

/** Opens connections to one new folder, and ends them with it. */
function connections<T extends { close(): Promise<void> }>(open: (folder: string) => T) {
  const folder = mkdtempSync(join(tmpdir(), 'steerstream-'));
  const opened: T[] = [];
  const connect = async (): Promise<T> => {
    const connection = open(folder);
    opened.push(connection);
    return connection;
  };
  const dispose = async (): Promise<void> => {
    await Promise.all(opened.map((connection) => connection.close()));
    rmSync(folder, { recursive: true, force: true });
  };
  return { folder, connect, dispose };
}

logContract('embedded', async () => {
  const { connect, dispose } = connections((folder) => SqliteLog.open(folder, { lease: { heartbeatMs: 20 } }));
  return { log: await connect(), another: connect, dispose };
});

stateStoreContract('embedded', async () => {
  const { folder, connect, dispose } = connections((at) => SqliteStateStore.open(at));
  const spoil = async (task: Task, userId: string): Promise<void> => {
    spoilState(folder, task, userId);
  };
  return { store: await connect(), another: connect, spoil, dispose };
});
