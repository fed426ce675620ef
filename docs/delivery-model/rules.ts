/** The rules of delivery as switches, and what a search may do to the world. README.md says what breaks without each. */

export const RULES = [
  /** A batch reads states, token and marker at once; it counts only if the token is ours and the marker our position. */
  'checkedReads',
  /** So does every read of states while healing. */
  'checkedHealingReads',
  /** Committed offsets count only once a fetch shows this owner's own sentinel. */
  'sentinelSettling',
  /** Offsets are read after earlier owners were fenced, not before. */
  'fenceFirst',
  /** A commit whose outcome is unknown ends the ownership; the batch is not tried again in place. */
  'takeOverAfterDoubt',
  /** A refused write of states ends the ownership, although the batch is committed. */
  'refusedWriteDrops',
  /** So does a transaction that failed for certain; the batch is not tried again in place. */
  'failedBatchDrops',
  /** Hot states are put only after the write of their batch was granted, not when it is reduced. */
  'hotAfterWrite',
  /** They end with the ownership; otherwise they live as long as the process. */
  'hotEndsWithOwnership',
  /** States whose write was put off come before those in memory and in the store. */
  'unwrittenFirst',
  /** What was put off is written when there is nothing else to do, and not with the next batch alone. */
  'writesWhenIdle',
  /** Tokens are random; otherwise the store counts them. */
  'randomToken',
  /** States are written only where the marker is still where the batch began. */
  'compareAndSetMarker',
  /** Nothing is taken before a heartbeat of the current generation succeeded. */
  'heartbeatGate',
  /** Whether history is gone is looked up after each chunk was read, not once before healing. */
  'retentionAfterChunk',
  /** A read that shows nothing before the target of healing is not taken for a gap: what was committed must show. */
  'gapsBeforeEnd',
  /** An owner looks whether its next inputs were deleted before it read them. */
  'unreadCheck',
  /** An owner to whom nothing happens compares token and marker with its own. */
  'idleWatch',
  /** A first start is committed before anything is healed or emitted. */
  'startCommitted',
  /** That there is no committed offset yet counts only from a fetch that shows the sentinel. */
  'startFromSettled',
  /** After the sentinel of a start shows, an owner waits until both of its offsets do. */
  'startShownWhole',
  /** A task stops for deleted records only while sentinel, token and marker still show that it is ours. */
  'stopsAsOwner',
] as const;

export type RuleName = (typeof RULES)[number];
export type Rules = Readonly<Record<RuleName, boolean>>;

/** Every rule, but for those left out. */
export function rulesWithout(...left: readonly RuleName[]): Rules {
  return Object.fromEntries(RULES.map((rule) => [rule, !left.includes(rule)])) as Rules;
}

/** How often each fault may happen in one history. */
export interface Budgets {
  /** An owner dies; a commit that it has just asked for may arrive or not. */
  readonly crash: number;
  /** The store goes back to an earlier state, or to nothing. */
  readonly failover: number;
  /** The group gives the task to the other owner, who has it from now on; the first may not know yet. */
  readonly rebalance: number;
  /** An answer does not come: of a commit, or of a store's write, which then happened, or happens late. */
  readonly doubt: number;
  /** A transaction fails before its commit is asked for, and is aborted. */
  readonly abort: number;
  /** The first interaction is deleted, read or not. */
  readonly retention: number;
  /** Another interaction is appended. */
  readonly append: number;
  /** A read of the log ends early: a new leader shows records a little later than the one before. */
  readonly lag: number;
}

/** What one search explores. Offsets and users are single digits. */
export interface Mix extends Budgets {
  /** The user of each record by offset; the last `append` interactions are not there at the beginning. */
  readonly interactions: readonly number[];
  readonly profiles: readonly number[];
  /** Most interactions of a batch; it holds at most one profile event. */
  readonly batch: number;
  readonly emit: 'every-event' | 'latest-per-batch';
  /** Whether offsets (0, 0) are committed at the beginning, or none: then lists start at the log's end. */
  readonly begin: 'committed' | 'latest';
  /** Whether offsets of one transaction may show one after the other, or do together. */
  readonly torn: boolean;
  /** What a batch takes from memory: all that is hot there, any part of it, as some capacity would have it, or none. */
  readonly hot: 'all' | 'any' | 'none';
  /** Whether the write after a batch may be put off, and be one with that of the next. */
  readonly putsOff: boolean;
  /** What a store that fails over may come back with. */
  readonly comesBack: 'anything-earlier' | 'nothing';
}

export const QUIET: Mix = {
  interactions: [0, 1],
  profiles: [0],
  batch: 1,
  emit: 'every-event',
  begin: 'committed',
  torn: false,
  hot: 'any',
  putsOff: true,
  comesBack: 'anything-earlier',
  crash: 0,
  failover: 0,
  rebalance: 0,
  doubt: 0,
  abort: 0,
  retention: 0,
  append: 0,
  lag: 0,
};
