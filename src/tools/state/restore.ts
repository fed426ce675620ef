/**
 * `npm run state -- restore FILE`: states and markers of a snapshot into a store. Whoever owns the tasks next heals the
 * rest from the log.
 *
 * A task is written in many steps, and half of it must never be taken for a past: until the last step its marker is one
 * that no log reaches, at which an owner stops (marker-beyond-log).
 */
import { randomUUID } from 'node:crypto';
import { streamSettings } from '../../app/stream-settings.js';
import type { Position, Task } from '../../ports/log.js';
import type { Layout, StateStore } from '../../ports/state-store.js';
import { canonicalSettings } from '../../state/settings.js';
import { emptyState, type UserState } from '../../state/user-state.js';
import { expiriesOf } from '../../stream/batch.js';
import { granted } from '../../stream/fenced.js';
import { START } from '../../stream/position.js';
import { createProgress, groups } from '../../terminal/progress.js';
import { UserError } from '../../terminal/user-error.js';
import type { ToolSession } from '../session.js';
import { readSnapshot } from './snapshot-file.js';

const PORTION = 1000;
const HALF: Position = { interactions: Number.MAX_SAFE_INTEGER, profiles: Number.MAX_SAFE_INTEGER };

/** @param isReplaced what the store holds; else it must be empty */
export async function restoreSnapshot(session: ToolSession, file: string, isReplaced: boolean): Promise<void> {
  const { config, print, signal } = session;
  const layout = await checkSnapshot(file, canonicalSettings(streamSettings(config).reducer));
  const store = await session.store('make');
  checkStore(await store.layout(), layout, file, isReplaced);
  const progress = createProgress({ label: 'restore', unit: 'states' });
  const left = new Set(Array.from({ length: layout.partitions }, (_, partition) => partition));
  let states = 0;
  let writer: TaskWriter | undefined;
  for await (const part of readSnapshot(file)) {
    signal.throwIfAborted();
    if (part.kind === 'task') {
      await writer?.finish();
      left.delete(part.task.partition);
      writer = await TaskWriter.open(store, part.task, part.task.marker, layout);
    } else if (part.kind === 'state') {
      await writer?.put(part.state);
      states += 1;
      progress.tick(states);
    }
  }
  await writer?.finish();
  // What the snapshot knows nothing of begins anew.
  for (const partition of left) {
    if ((await store.peekMarker({ partition })) === undefined) continue;
    await (await TaskWriter.open(store, { partition }, START, layout)).finish();
  }
  progress.end();
  const tasks = layout.partitions - left.size;
  print(`${groups(states)} states of ${tasks} partitions restored: the next owner heals what came after`);
}

/** Reads all of it before anything is written. */
async function checkSnapshot(file: string, settings: string): Promise<Layout> {
  let layout: Layout | undefined;
  for await (const part of readSnapshot(file)) if (part.kind === 'head') layout = part.layout;
  if (layout?.settings === settings) return layout;
  throw new UserError(
    `the states in ${file} were made with ${layout?.settings ?? 'nothing'}, the configuration says ${settings}: give ` +
      'STEERSTREAM_SEQUENCE_LENGTH, STEERSTREAM_SEEN_ITEMS and STEERSTREAM_KINDS as they were, or let the states heal',
  );
}

function checkStore(found: Layout | undefined, layout: Layout, file: string, isReplaced: boolean): void {
  if (found === undefined) return;
  if (!isReplaced) {
    throw new UserError('the state store is not empty: stop the service, and say --replace to give up what it holds');
  }
  if (found.partitions === layout.partitions && found.settings === layout.settings) return;
  throw new UserError(
    `the store has states of ${found.partitions} partitions made with ${found.settings}, ${file} of ${layout.partitions} ` +
      `made with ${layout.settings}: empty the store first`,
  );
}

/** Writes one task as its owner. */
class TaskWriter {
  readonly #written = new Set<string>();
  #portion: UserState[] = [];
  #at: Position;

  private constructor(
    private readonly store: StateStore,
    private readonly task: Task,
    private readonly token: string,
    at: Position,
    private readonly marker: Position,
  ) {
    this.#at = at;
  }

  static async open(store: StateStore, { partition }: Task, marker: Position, layout: Layout): Promise<TaskWriter> {
    const [task, token] = [{ partition }, randomUUID()];
    await store.claim(task, token, layout);
    const at = granted(await store.marker(task, token), 'read the marker') ?? START;
    const writer = new TaskWriter(store, task, token, at, marker);
    await writer.#write(HALF);
    return writer;
  }

  async put(state: UserState): Promise<void> {
    this.#written.add(state.userId);
    this.#portion.push(state);
    if (this.#portion.length >= PORTION) await this.#write(HALF);
  }

  /** States of users that the snapshot does not have become those of users of whom nothing is known. */
  async finish(): Promise<void> {
    let cursor: string | undefined;
    do {
      const { states, next } = await this.store.scan(this.task, cursor, PORTION);
      for (const { userId } of states) if (!this.#written.has(userId)) await this.put(emptyState(userId));
      cursor = next;
    } while (cursor !== undefined);
    await this.#write(this.marker);
  }

  async #write(to: Position): Promise<void> {
    const states = this.#portion;
    this.#portion = [];
    const expiries = expiriesOf(new Map(states.map((state) => [state.userId, state])));
    granted(await this.store.write(this.task, this.token, { from: this.#at, to, states, expiries }), 'restore states');
    this.#at = to;
  }
}
