/** The delivery protocol, searched: no history of these faults breaks it, and without any of its rules one does. */
import { describe, expect, it } from 'vitest';
import { check } from '../docs/delivery-model/check.js';
import { type Mix, RULES, type RuleName } from '../docs/delivery-model/rules.js';
import type { Violation } from '../docs/delivery-model/state.js';

const PAIR = ['failedBatchDrops', 'hotAfterWrite'] as const satisfies readonly RuleName[];

/** As large as a few seconds allow; docs/delivery-model/README.md says which larger ones were searched by hand. */
const MIXES: Readonly<Record<string, Partial<Mix>>> = {
  'no fault': {},
  'crashes and calls without an answer': { crash: 2, doubt: 1 },
  'a crash, a failover, a call without an answer, torn fetches': { crash: 1, failover: 1, doubt: 1, torn: true },
  'a zombie and a crash': { rebalance: 1, crash: 1 },
  'a zombie that gets its task back, and a crash': { rebalance: 2, crash: 1, interactions: [0] },
  'a zombie and a failover': { rebalance: 1, failover: 1, profiles: [] },
  'a zombie, a failover and a call without an answer': {
    rebalance: 1,
    failover: 1,
    doubt: 1,
    interactions: [0],
    profiles: [],
  },
  'a first start': { begin: 'latest', rebalance: 1, crash: 1, append: 1, torn: true },
  'a first start and a failover': { begin: 'latest', rebalance: 1, failover: 1, append: 1 },
  'records deleted': { rebalance: 2, failover: 1, retention: 1, begin: 'latest' },
  'records deleted unread': { rebalance: 1, crash: 1, retention: 2, profiles: [] },
  'a log that shows records late': { begin: 'latest', lag: 1, crash: 1, rebalance: 1 },
  'hot states, a zombie that gets its task back, and a failover': {
    rebalance: 2,
    failover: 1,
    interactions: [0, 0],
    profiles: [],
  },
  'hot states, a crash, a failover, and a transaction that fails': {
    crash: 1,
    failover: 1,
    abort: 1,
    interactions: [0, 0],
  },
  'a store that fails over twice': { failover: 2, interactions: [0, 0] },
  'larger batches': { batch: 2, crash: 1, doubt: 1, interactions: [0, 1, 0] },
  'latest-per-batch': { emit: 'latest-per-batch', batch: 2, crash: 1, failover: 1, interactions: [0, 1, 0] },
};

/** For each rule that no other one makes up for, a mix in which a history breaks without it, and how. */
const BREAKS: Readonly<Record<Exclude<RuleName, (typeof PAIR)[number]>, readonly [Partial<Mix>, Violation]>> = {
  checkedReads: [{ failover: 1 }, 'content'],
  checkedHealingReads: [{ rebalance: 1, failover: 1, begin: 'latest', interactions: [0] }, 'store-not-fold'],
  sentinelSettling: [{ crash: 1, torn: true }, 'false-stop'],
  fenceFirst: [{ crash: 1 }, 'false-stop'],
  takeOverAfterDoubt: [{ doubt: 1 }, 'position'],
  refusedWriteDrops: [{ failover: 1, interactions: [0, 0] }, 'content'],
  hotEndsWithOwnership: [{ doubt: 1, interactions: [0, 0] }, 'content'],
  unwrittenFirst: [{ interactions: [0, 0] }, 'content'],
  writesWhenIdle: [{}, 'dead-end'],
  randomToken: [{ rebalance: 1, failover: 1, interactions: [0], profiles: [] }, 'false-stop'],
  compareAndSetMarker: [{ failover: 1 }, 'store-not-fold'],
  heartbeatGate: [{ rebalance: 1, interactions: [0] }, 'livelock'],
  retentionAfterChunk: [{ failover: 1, retention: 1 }, 'store-not-fold'],
  gapsBeforeEnd: [{ begin: 'latest', lag: 1 }, 'store-not-fold'],
  unreadCheck: [{ retention: 1 }, 'lists'],
  idleWatch: [{ failover: 1 }, 'dead-end'],
  startCommitted: [{ begin: 'latest', crash: 1, append: 1 }, 'dead-end'],
  startFromSettled: [{ begin: 'latest', crash: 1, append: 1 }, 'position'],
  startShownWhole: [{ begin: 'latest', torn: true }, 'false-stop'],
  stopsAsOwner: [{ rebalance: 1, retention: 1 }, 'false-stop'],
};

describe('the delivery protocol', () => {
  it.each(Object.entries(MIXES))('holds through %s', (_name, mix) => {
    expect(check(mix).violation).toBeUndefined();
  });

  it.each(Object.entries(BREAKS))('breaks without %s', (rule, [mix, kind]) => {
    const { violation } = check(mix, [rule as RuleName]);
    expect(violation?.kind).toBe(kind);
    expect(violation?.trace.length).toBeGreaterThan(0);
    // It is the rule that made the difference.
    expect(check(mix).violation).toBeUndefined();
  });

  it('breaks without checked reads in latest-per-batch too', () => {
    const mix: Partial<Mix> = { emit: 'latest-per-batch', batch: 2, failover: 1, interactions: [0, 1, 0] };
    expect(check(mix, ['checkedReads']).violation?.kind).toBe('content');
  });

  it('breaks without checked reads even where nothing hot is forgotten', () => {
    expect(check({ crash: 1, failover: 1, hot: 'all' }, ['checkedReads']).violation?.kind).toBe('content');
  });

  it('breaks where hot states survive, after a failover and as a task comes back', () => {
    for (const fault of [{ failover: 1 }, { rebalance: 2 }]) {
      const { violation } = check({ ...fault, interactions: [0, 0] }, ['hotEndsWithOwnership']);
      expect(violation?.kind).toBe('content');
    }
  });

  it('has two rules that make up for each other: hot states that are put too early end with what failed', () => {
    const mix: Partial<Mix> = { abort: 1, failover: 1, interactions: [0, 0] };
    for (const rule of PAIR) expect(check(mix, [rule]).violation).toBeUndefined();
    expect(check(mix, PAIR).violation?.kind).toBe('lists');
    expect(Object.keys(BREAKS).length).toBe(RULES.length - PAIR.length);
  });

  it('without hot states, has one more rule that others make up for: what was refused a write is refused its next read', () => {
    const mix: Partial<Mix> = { failover: 1, hot: 'none', interactions: [0, 0] };
    expect(check({ ...mix, crash: 1, doubt: 1 }, ['refusedWriteDrops']).violation).toBeUndefined();
    expect(check(mix, ['refusedWriteDrops', 'checkedReads']).violation?.kind).toBe('content');
  });

  it.each<Partial<Mix>>([
    { failover: 2, interactions: [0, 0] },
    { rebalance: 1, failover: 1, profiles: [] },
    { failover: 1, batch: 2, interactions: [0, 1, 0] },
  ])('comes with hot states to no state that it could not come to without: %o', (mix) => {
    // A batch that reads nothing is one that read just before the store went back.
    const [none, ...others] = (['none', 'any', 'all'] as const).map((hot) => check({ ...mix, hot }));
    for (const other of others) expect(other).toEqual(none);
    expect(none?.violation).toBeUndefined();
  });

  it('is not called right where not every history was searched', () => {
    expect(() => check({ rebalance: 1 }, [], 1000)).toThrow(/choose a smaller mix/);
  });
});
