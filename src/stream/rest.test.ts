import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PERIOD_MS, restUntil } from './rest.js';

const committedAt = 1000;

it('a task that is behind does not rest', () => {
  expect(restUntil({ committedAt, records: 500, stages: { commit: 8 } }, 500)).toBe(committedAt);
});

it('one that keeps up rests for two commits, counted from the end of the last', () => {
  expect(restUntil({ committedAt, records: 499, stages: { reduce: 1, commit: 8 } }, 500)).toBe(committedAt + 16);
});

it('what came since a batch began waits no longer than a period, and not at all for rest after a slow one', () => {
  const ms = fc.double({ min: 0, max: 100, noNaN: true });
  fc.assert(
    fc.property(ms, ms, ms, ms, (reduce, wait, recommend, commit) => {
      const stages = { reduce, wait, recommend, commit };
      const rest = restUntil({ committedAt, records: 1, stages }, 500) - committedAt;
      const took = reduce + wait + recommend + commit;
      expect(rest).toBeGreaterThanOrEqual(0);
      if (took >= PERIOD_MS) expect(rest).toBe(0);
      else expect(took + rest).toBeLessThanOrEqual(PERIOD_MS + 1e-9);
    }),
  );
});
