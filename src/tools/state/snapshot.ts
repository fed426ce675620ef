/**
 * `npm run state -- snapshot FILE`: all states and markers. Each task is of one moment: every stretch is read atomically
 * with the marker, and a task whose marker moved meanwhile is read again.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import { once } from 'node:events';
import type { Position } from '../../ports/log.js';
import type { StateStore } from '../../ports/state-store.js';
import { samePosition } from '../../stream/position.js';
import { createProgress, groups } from '../../terminal/progress.js';
import { UserError } from '../../terminal/user-error.js';
import type { ToolSession } from '../session.js';
import { lines } from './snapshot-file.js';

const STRETCH = 1000;
const ATTEMPTS = 5;

export async function takeSnapshot(session: ToolSession, file: string): Promise<void> {
  const { print, signal } = session;
  const store = await session.store();
  const layout = await store.layout();
  if (layout === undefined) throw new UserError('the state store is empty: there is nothing to keep');
  const [whole, task] = [`${file}.part`, `${file}.task`];
  const progress = createProgress({ label: 'snapshot', unit: 'states' });
  const counts = { tasks: 0, states: 0 };
  try {
    const out = createWriteStream(whole);
    await once(out, 'open').catch((error: unknown) => {
      throw new UserError(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
    });
    // Gzip files one after the other are one gzip file.
    out.write(gzipSync(lines.head(layout, Date.now())));
    for (let partition = 0; partition < layout.partitions; partition += 1) {
      const states = await keepTask(store, partition, task, signal);
      if (states === undefined) continue;
      await pipeline(createReadStream(task), out, { end: false });
      counts.tasks += 1;
      counts.states += states;
      progress.tick(counts.states);
    }
    progress.end();
    out.end(gzipSync(lines.end(counts.tasks, counts.states)));
    await finished(out);
    await rename(whole, file);
  } finally {
    for (const rest of [whole, task]) await rm(rest, { force: true });
  }
  print(`${groups(counts.states)} states of ${counts.tasks} partitions kept in ${file}`);
}

/** Writes a file with one task. Returns the number of its states; undefined for a task that has no marker. */
async function keepTask(
  store: StateStore,
  partition: number,
  file: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const marker = await store.peekMarker({ partition });
    if (marker === undefined) return undefined;
    const gzip = createGzip();
    const written = pipeline(gzip, createWriteStream(file));
    gzip.write(lines.task({ partition, marker }));
    const states = await scanTask(store, partition, marker, gzip, signal).finally(() => gzip.end());
    await written;
    if (states !== 'moved') return states;
  }
  throw new UserError(
    `the states of partition ${partition} change faster than they can be read: stop the service while the snapshot is taken`,
  );
}

async function scanTask(
  store: StateStore,
  partition: number,
  marker: Position,
  out: Writable,
  signal: AbortSignal,
): Promise<number | 'moved'> {
  const users = new Set<string>();
  let cursor: string | undefined;
  do {
    signal.throwIfAborted();
    const stretch = await store.scan({ partition }, cursor, STRETCH);
    if (stretch.marker === undefined || !samePosition(stretch.marker, marker)) return 'moved';
    for (const state of stretch.states) {
      if (users.has(state.userId)) continue;
      users.add(state.userId);
      if (!out.write(lines.state(state))) await once(out, 'drain');
    }
    cursor = stretch.next;
  } while (cursor !== undefined);
  return users.size;
}
