import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LONGEST_REST_MS, restUntil } from './rest.js';

const committedAt = 1000;

it('a task that is behind does not rest', () => {
  expect(restUntil({ committedAt, records: 500, stages: { commit: 8 } }, 500)).toBe(committedAt);
});

it('one that keeps up rests for two commits, counted from the end of the last', () => {
  expect(restUntil({ committedAt, records: 499, stages: { commit: 8 } }, 500)).toBe(committedAt + 16);
});

it('a slow commit makes no list older by more than the longest rest', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.nat(1000), fc.nat(1000), (commit, records, limit) => {
      const rest = restUntil({ committedAt, records, stages: { commit } }, limit) - committedAt;
      expect(rest).toBeGreaterThanOrEqual(0);
      expect(rest).toBeLessThanOrEqual(LONGEST_REST_MS);
    }),
  );
});
