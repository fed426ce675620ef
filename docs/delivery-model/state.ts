/**
 * One state of the model: a task with topics i (interactions) and p (profiles), owners A and B, Kafka's transaction and
 * group coordinator, one slot of the store, and calls of the store that may still arrive.
 *
 * A user's state is text, `<offsets of i that were applied>|<offsets of p>` in the order of their application: one that
 * was lost, applied twice or out of order can be told.
 */
import type { Budgets, Mix } from './rules.js';

export type Who = 0 | 1;
export const WHO: readonly Who[] = [0, 1];

export interface Position {
  readonly i: number;
  readonly p: number;
}
export type Topic = keyof Position;
export const TOPICS: readonly Topic[] = ['i', 'p'];
export const START: Position = { i: 0, p: 0 };

/** Committed offsets of the group. `sentinel`: 0 for none; negative for the one that came with a first start. */
export interface Offsets {
  readonly position: { readonly i: number | undefined; readonly p: number | undefined };
  readonly sentinel: number;
}

/** What a transaction changes of them. */
export interface Commit {
  readonly i?: number;
  readonly p?: number;
  readonly sentinel?: number;
}

/** A list as it was produced: its source, and the state that it was made from. */
export interface List {
  readonly topic: Topic;
  readonly offset: number;
  readonly user: number;
  readonly state: string;
}

/** States of the users that a write touches. */
export type Touched = readonly (readonly [user: number, state: string])[];

/** States in an owner's memory by user; undefined for one that is not there. */
export type Hot = readonly (string | undefined)[];

/** States of committed batches whose write was put off: the store's marker is still at `from`. */
export interface Unwritten {
  readonly from: Position;
  readonly touched: Touched;
}

export interface Batch {
  readonly to: Position;
  readonly lists: readonly List[];
  readonly touched: Touched;
}

/** The transaction of a batch. One of a take-over is a single step, and never here. */
export interface Transaction {
  readonly by: Who;
  readonly from: Position;
  readonly batch: Batch;
  /** Decided: the outcome is fixed, but its end is still being written. */
  readonly phase: 'open' | 'decided';
  /** Whether the owner's request to commit will arrive. */
  readonly isAsked: boolean;
}

export interface Kafka {
  readonly transaction: Transaction | undefined;
  /** As decided. */
  readonly committed: Offsets;
  /** Decided and not yet shown to who fetches offsets, in order. */
  readonly pending: readonly Commit[];
  /** What a fetch of offsets shows. */
  readonly visible: Offsets;
  /** First offset and end of i. */
  readonly first: number;
  readonly end: number;
}

export interface Slot {
  readonly token: number;
  readonly marker: Position;
  readonly states: readonly string[];
}

export type StoreCall =
  | { readonly kind: 'claim'; readonly token: number }
  | {
      readonly kind: 'write';
      readonly token: number;
      readonly from: Position;
      readonly to: Position;
      readonly touched: Touched;
    };

/** Names as in src/stream/steps.ts where a phase follows a step. */
export type Phase =
  | 'ended'
  | 'waiting'
  | 'taking-over'
  | 'fencing'
  | 'fenced'
  | 'claimed'
  | 'settled'
  | 'healing'
  | 'heal-read'
  | 'running'
  | 'reduced'
  | 'committing'
  | 'committed'
  | 'stopped';

export interface Owner {
  readonly phase: Phase;
  /** Whether no later owner fenced its producer. */
  readonly isCurrent: boolean;
  readonly token: number;
  readonly sentinel: number;
  readonly position: Position | undefined;
  readonly marker: Position | undefined;
  readonly batch: Batch | undefined;
  readonly hot: Hot;
  readonly unwritten: Unwritten | undefined;
  /** The coordinator has answered that the commit succeeded. */
  readonly isAnswered: boolean;
}

export interface State {
  readonly assigned: Who;
  readonly left: Budgets;
  readonly kafka: Kafka;
  readonly slot: Slot | undefined;
  /** What the slot was before: a failover may bring it back. */
  readonly past: readonly Slot[];
  readonly owners: readonly [Owner, Owner];
  /** Calls that timed out and may still arrive. */
  readonly late: readonly [StoreCall | undefined, StoreCall | undefined];
  /** Where the first owner that ran began, while nothing was committed: what lists are owed from. */
  readonly begun: Position | undefined;
}

export const ENDED: Owner = {
  phase: 'ended',
  isCurrent: false,
  token: 0,
  sentinel: 0,
  position: undefined,
  marker: undefined,
  batch: undefined,
  hot: [],
  unwritten: undefined,
  isAnswered: false,
};

export function initial(mix: Mix): State {
  const { crash, failover, rebalance, doubt, abort, retention, append, lag } = mix;
  const offsets: Offsets = {
    position: mix.begin === 'committed' ? START : { i: undefined, p: undefined },
    sentinel: 0,
  };
  return {
    assigned: 0,
    left: { crash, failover, rebalance, doubt, abort, retention, append, lag },
    kafka: {
      transaction: undefined,
      committed: offsets,
      pending: [],
      visible: offsets,
      first: 0,
      end: mix.interactions.length - append,
    },
    slot: undefined,
    past: [],
    owners: [ENDED, ENDED],
    late: [undefined, undefined],
    begun: undefined,
  };
}

/** One move: where it leads, or what it breaks. */
export interface Move {
  readonly label: string;
  /** Whether the world has to fail for it: what must come right without is judged by the other moves. */
  readonly isFault: boolean;
  readonly next: State;
  readonly broken?: Broken;
}

export interface Broken {
  readonly kind: Violation;
  readonly text: string;
}

export type Violation =
  | 'store-ahead'
  | 'store-not-fold'
  | 'position'
  | 'lists'
  | 'content'
  | 'false-stop'
  | 'dead-end'
  | 'livelock';

export function name(who: Who): string {
  return who === 0 ? 'A' : 'B';
}

export function show({ i, p }: { readonly i: number | undefined; readonly p: number | undefined }): string {
  return `(${i ?? '-'},${p ?? '-'})`;
}

export function same(a: Position, b: Position): boolean {
  return a.i === b.i && a.p === b.p;
}

/** The position, where both offsets are committed. */
export function whole({ position: { i, p } }: Offsets): Position | undefined {
  return i === undefined || p === undefined ? undefined : { i, p };
}

export function withOwner(state: State, who: Who, owner: Owner): State {
  return { ...state, owners: who === 0 ? [owner, state.owners[1]] : [state.owners[0], owner] };
}

export function withKafka(state: State, change: Partial<Kafka>): State {
  return { ...state, kafka: { ...state.kafka, ...change } };
}

export function spend(state: State, budget: keyof Budgets): State {
  return { ...state, left: { ...state.left, [budget]: state.left[budget] - 1 } };
}
