/**
 * `npm run state -- snapshot FILE`: all states and markers. Each task is of one moment: every stretch is read atomically
 * with the marker, and a task whose marker moved meanwhile is read again.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import type { Position } from '../../ports/log.js';
import type { Layout, StateStore } from '../../ports/state-store.js';
import { samePosition } from '../../stream/position.js';
import { createProgress, groups } from '../../terminal/progress.js';
import { UserError } from '../../terminal/user-error.js';
import type { ToolSession } from '../session.js';
import { lines } from './snapshot-file.js';

const STRETCH = 1000;
const ATTEMPTS = 5;

interface Counts {
  tasks: number;
  states: number;
}

export async function takeSnapshot(session: ToolSession, file: string): Promise<void> {
  const { print, signal } = session;
  const store = await session.store();
  const layout = await store.layout();
  if (layout === undefined) throw new UserError('the state store is empty: there is nothing to keep');
  const [whole, task] = [`${file}.part`, `${file}.task`];
  const counts: Counts = { tasks: 0, states: 0 };
  try {
    await pipeline(parts(store, layout, task, counts, signal), createWriteStream(whole));
    await rename(whole, file);
  } catch (error) {
    const why = ofFiles(error);
    throw why ? new UserError(`${file} cannot be written: ${why.message}`) : error;
  } finally {
    for (const rest of [whole, task]) await rm(rest, { force: true });
  }
  print(`${groups(counts.states)} states of ${counts.tasks} partitions kept in ${file}`);
}

/** What the system says of files, as that the disk is full. Where both of ours fail, a pipeline throws both at once. */
function ofFiles(error: unknown): Error | undefined {
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  return errors.find((one): one is Error => one instanceof Error && 'syscall' in one);
}

/** Gzip files one after the other are one gzip file. @param file for one task at a time */
async function* parts(
  store: StateStore,
  layout: Layout,
  file: string,
  counts: Counts,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const progress = createProgress({ label: 'snapshot', unit: 'states' });
  yield gzipSync(lines.head(layout, Date.now()));
  for (let partition = 0; partition < layout.partitions; partition += 1) {
    const states = await keepTask(store, partition, file, signal);
    if (states === undefined) continue;
    yield* createReadStream(file) as AsyncIterable<Buffer>;
    counts.tasks += 1;
    counts.states += states;
    progress.tick(counts.states);
  }
  progress.end();
  yield gzipSync(lines.end(counts.tasks, counts.states));
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
    const scan = { users: new Set<string>(), moved: false };
    await pipeline(scanTask(store, partition, marker, scan, signal), createGzip(), createWriteStream(file));
    if (!scan.moved) return scan.users.size;
  }
  throw new UserError(
    `the states of partition ${partition} change faster than they can be read: stop the service while the snapshot is taken`,
  );
}

/** Ends early where the marker moved. */
async function* scanTask(
  store: StateStore,
  partition: number,
  marker: Position,
  scan: { readonly users: Set<string>; moved: boolean },
  signal: AbortSignal,
): AsyncGenerator<string> {
  yield lines.task({ partition, marker });
  let cursor: string | undefined;
  do {
    signal.throwIfAborted();
    const stretch = await store.scan({ partition }, cursor, STRETCH);
    scan.moved = stretch.marker === undefined || !samePosition(stretch.marker, marker);
    if (scan.moved) return;
    for (const state of stretch.states) {
      if (scan.users.has(state.userId)) continue;
      scan.users.add(state.userId);
      yield lines.state(state);
    }
    cursor = stretch.next;
  } while (cursor !== undefined);
}
