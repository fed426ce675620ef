/**
 * The embedded state store: one SQLite file, `state.sqlite`. A second file, because the guarantee is a protocol between
 * two stores: what holds here holds with Kafka and Redis.
 *
 * It is not written through to the disk at every commit: a power cut may take its newest writes, in order, and whoever
 * takes the task heals them from the log.
 */
import { join } from 'node:path';
import type { StatementSync } from 'node:sqlite';
import type { Position, Task } from '../../ports/log.js';
import type {
  Expiry,
  Fenced,
  Layout,
  Refusal,
  ScannedStates,
  StateStore,
  StateWrite,
} from '../../ports/state-store.js';
import { storedState } from '../../ports/stored-state.js';
import { encodeState } from '../../state/state-codec.js';
import type { UserState } from '../../state/user-state.js';
import { buffer, Database, row, rows } from './database.js';
import { STATE_SCHEMA, STATE_VERSION } from './state-schema.js';

interface TaskRow {
  readonly token: string;
  readonly interactions: number | null;
  readonly profiles: number | null;
}

const START: Position = { interactions: 0, profiles: 0 };

export class SqliteStateStore implements StateStore {
  readonly #database: Database;
  readonly #layout: StatementSync;
  readonly #setLayout: StatementSync;
  readonly #task: StatementSync;
  readonly #claim: StatementSync;
  readonly #advance: StatementSync;
  readonly #state: StatementSync;
  readonly #after: StatementSync;
  readonly #put: StatementSync;
  readonly #due: StatementSync;
  readonly #putExpiry: StatementSync;
  readonly #dropExpiry: StatementSync;

  private constructor(database: Database) {
    this.#database = database;
    const sql = (text: string): StatementSync => database.prepare(text);
    this.#layout = sql('SELECT partitions, settings FROM layout');
    this.#setLayout = sql('INSERT OR IGNORE INTO layout (only, partitions, settings) VALUES (0, ?, ?)');
    this.#task = sql('SELECT token, interactions, profiles FROM tasks WHERE partition = ?');
    this.#claim = sql(
      'INSERT INTO tasks (partition, token) VALUES (?, ?) ON CONFLICT (partition) DO UPDATE SET token = excluded.token',
    );
    this.#advance = sql('UPDATE tasks SET interactions = ?, profiles = ? WHERE partition = ?');
    this.#state = sql('SELECT state FROM states WHERE partition = ? AND user = ?');
    this.#after = sql('SELECT user, state FROM states WHERE partition = ? AND user > ? ORDER BY user LIMIT ?');
    this.#put = sql(
      'INSERT INTO states (partition, user, state) VALUES (?, ?, ?) ' +
        'ON CONFLICT (partition, user) DO UPDATE SET state = excluded.state',
    );
    this.#due = sql(
      'SELECT user AS userId, at FROM expiries WHERE partition = ? AND at <= ? ORDER BY at, user LIMIT ?',
    );
    this.#putExpiry = sql('INSERT OR REPLACE INTO expiries (partition, user, at) VALUES (?, ?, ?)');
    this.#dropExpiry = sql('DELETE FROM expiries WHERE partition = ? AND user = ?');
  }

  /** Opens `state.sqlite` in a folder and makes both where missing. */
  static open(folder: string): SqliteStateStore {
    const path = join(folder, 'state.sqlite');
    return new SqliteStateStore(
      Database.open({ path, schema: STATE_SCHEMA, version: STATE_VERSION, durability: 'process' }),
    );
  }

  layout(): Promise<Layout | undefined> {
    return this.#database.read(() => {
      const found = row<Layout>(this.#layout);
      return found && { partitions: found.partitions, settings: found.settings };
    });
  }

  async claim(task: Task, token: string, layout: Layout): Promise<void> {
    await this.#database.write(() => {
      this.#setLayout.run(layout.partitions, layout.settings);
      this.#claim.run(task.partition, token);
    });
  }

  marker(task: Task, token: string): Promise<Fenced<Position | undefined>> {
    return this.#database.read(() => this.#fenced(task, token, undefined, markerOf));
  }

  peekMarker(task: Task): Promise<Position | undefined> {
    return this.#database.read(() => {
      const found = row<TaskRow>(this.#task, task.partition);
      return found && markerOf(found);
    });
  }

  read(
    task: Task,
    token: string,
    at: Position,
    users: readonly string[],
  ): Promise<Fenced<ReadonlyMap<string, UserState>>> {
    return this.#database.read(() =>
      this.#fenced(task, token, at, () => {
        const states = new Map<string, UserState>();
        for (const user of users) {
          const state = this.#get(task, user);
          if (state) states.set(user, state);
        }
        return states;
      }),
    );
  }

  write(task: Task, token: string, write: StateWrite): Promise<Fenced<undefined>> {
    return this.#database.write(() =>
      this.#fenced(task, token, write.from, () => {
        for (const state of write.states) this.#put.run(task.partition, state.userId, encodeState(state));
        for (const [user, at] of write.expiries) {
          if (at === null) this.#dropExpiry.run(task.partition, user);
          else this.#putExpiry.run(task.partition, user, at);
        }
        this.#advance.run(write.to.interactions, write.to.profiles, task.partition);
        return undefined;
      }),
    );
  }

  due(task: Task, token: string, now: number, max: number): Promise<Fenced<readonly Expiry[]>> {
    return this.#database.read(() =>
      this.#fenced(task, token, undefined, () =>
        rows<Expiry>(this.#due, task.partition, now, max).map(({ userId, at }) => ({ userId, at })),
      ),
    );
  }

  peek(task: Task, userId: string): Promise<UserState | undefined> {
    return this.#database.read(() => this.#get(task, userId));
  }

  /** The cursor is the last user: no user has an empty name. */
  scan(task: Task, cursor: string | undefined, max: number): Promise<ScannedStates> {
    return this.#database.read(() => {
      const owned = row<TaskRow>(this.#task, task.partition);
      const found = rows<{ user: string; state: Uint8Array }>(this.#after, task.partition, cursor ?? '', max);
      return {
        marker: owned && markerOf(owned),
        states: found.map(({ user, state }) => storedState(buffer(state), task, user)),
        next: found.length < max ? undefined : found.at(-1)?.user,
      };
    });
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  /** Runs the work only for the current owner and, where `at` is given, only while the marker is there. */
  #fenced<T>(task: Task, token: string, at: Position | undefined, work: (found: TaskRow) => T): Fenced<T> {
    const found = row<TaskRow>(this.#task, task.partition);
    if (found?.token !== token) return refused('token');
    if (at && !isAt(found, at)) return refused('marker');
    return { ok: true, value: work(found) };
  }

  #get(task: Task, user: string): UserState | undefined {
    const found = row<{ state: Uint8Array }>(this.#state, task.partition, user);
    return found && storedState(buffer(found.state), task, user);
  }
}

function refused<T>(why: Refusal): Fenced<T> {
  return { ok: false, refused: why };
}

function markerOf({ interactions, profiles }: TaskRow): Position | undefined {
  return interactions === null || profiles === null ? undefined : { interactions, profiles };
}

function isAt(found: TaskRow, at: Position): boolean {
  const marker = markerOf(found) ?? START;
  return marker.interactions === at.interactions && marker.profiles === at.profiles;
}
