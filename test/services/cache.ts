/** What is fetched once for a machine: whole or not at all, and never by two processes at the same time. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';

const LOOK_AGAIN_MS = 50;

/** Such as ~/.cache/steerstream/kafka-4.4.0. */
function cacheFolder(name: string): string {
  return path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'steerstream', name);
}

/** The folder of this name in the user's cache; `make` fills it where it is not there yet. */
export async function cached(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = cacheFolder(name);
  if (existsSync(folder)) return folder;
  return alone(name, async () => {
    if (existsSync(folder)) return folder;
    const partial = `${folder}.partial`;
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial);
    await make(partial);
    await rename(partial, folder);
    return folder;
  });
}

/** Work that one process of this user does at a time. */
export async function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  const folder = cacheFolder(name);
  await mkdir(path.dirname(folder), { recursive: true });
  return exclusively(`${folder}.lock`, work);
}

/** SQLite's lock is the system's: it ends with its process, however that dies. */
async function exclusively<T>(file: string, work: () => Promise<T>): Promise<T> {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    while (!tryLock(database)) await delay(LOOK_AGAIN_MS);
    return await work();
  } finally {
    database.close();
  }
}

function tryLock(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && error.message.includes('locked')) return false;
    throw error;
  }
}
