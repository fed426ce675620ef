/**
 * The state store follows the log: it holds every user's state, and for each task the owner token and the marker (the
 * input offsets that the stored states reflect). Every method may throw Unavailable.
 */
import type { UserState } from '../state/user-state.js';
import type { Position, Task } from './log.js';

/** Why a call was refused; nothing was read or written. */
export type Refusal = 'token' | 'marker';

export type Fenced<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refused: Refusal };

/** When a user's gains end: the owner of the task then produces an `expire` event. */
export interface Expiry {
  readonly userId: string;
  readonly at: number;
}

/** What the stored states depend on. States made under another layout cannot be used. */
export interface Layout {
  readonly partitions: number;
  /** A canonical text of the reducer settings. */
  readonly settings: string;
}

/** The single write of a batch: states and marker together or not at all. */
export interface StateWrite {
  readonly from: Position;
  readonly to: Position;
  readonly states: readonly UserState[];
  /** For each user of `states`, when its gains next end; null: never. */
  readonly expiries: ReadonlyMap<string, number | null>;
}

/** Some states of a task, and the marker of the same moment. */
export interface ScannedStates {
  readonly marker: Position | undefined;
  readonly states: readonly UserState[];
  /** Where the scan goes on; undefined at its end. */
  readonly next: string | undefined;
}

export interface StateStore {
  /** The layout that the stored states were made under; undefined for an empty store. */
  layout(): Promise<Layout | undefined>;
  /** Writes the owner token, and the layout if there is none. An earlier owner's calls are refused from now on. */
  claim(task: Task, token: string, layout: Layout): Promise<void>;
  /** The marker, as one atomic read with the token; undefined when nothing was stored yet. */
  marker(task: Task, token: string): Promise<Fenced<Position | undefined>>;
  /** States of the users that have one, as one atomic read: refused unless token and marker are these. */
  read(
    task: Task,
    token: string,
    at: Position,
    users: readonly string[],
  ): Promise<Fenced<ReadonlyMap<string, UserState>>>;
  /** Refused unless the token is current and the stored marker equals `from` (none counts as position 0, 0). */
  write(task: Task, token: string, write: StateWrite): Promise<Fenced<undefined>>;
  /** Expiries that are due at `now`, soonest first. */
  due(task: Task, token: string, now: number, max: number): Promise<Fenced<readonly Expiry[]>>;
  /** The marker as it is stored now, whoever owns the task: for reading only. */
  peekMarker(task: Task): Promise<Position | undefined>;
  /** One user's state as it is stored now, for reading only. */
  peek(task: Task, userId: string): Promise<UserState | undefined>;
  /**
   * About `max` states of a task, as one atomic read with its marker, whoever owns the task. As long as the marker stays
   * the same, a whole scan tells every state; one may come twice.
   * @param cursor `next` of the stretch before; undefined at the beginning
   */
  scan(task: Task, cursor: string | undefined, max: number): Promise<ScannedStates>;
  close(): Promise<void>;
}
