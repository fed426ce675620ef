import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignTasks, type Candidate } from './assign-tasks.js';

const members = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}$/), { minLength: 1, maxLength: 6 });
const groups = fc.tuple(members, fc.nat({ max: 40 })).chain(([ids, count]) =>
  fc.tuple(
    fc.constant(count),
    fc.tuple(
      ...ids.map((id) =>
        fc.record({
          id: fc.constant(id),
          owned: fc.uniqueArray(fc.nat({ max: 45 }), { maxLength: 30 }),
          generation: fc.nat({ max: 3 }),
        }),
      ),
    ),
  ),
);

/** Tasks owned by one member only: what could stay where it is. */
function stays(before: readonly Candidate[], after: ReadonlyMap<string, readonly number[]>): number {
  return before.reduce((sum, { id, owned }) => sum + owned.filter((task) => after.get(id)?.includes(task)).length, 0);
}

/** The most tasks that any even assignment could leave where they are. */
function mostStays(before: readonly Candidate[], count: number): number {
  const least = Math.floor(count / before.length);
  const sizes = before.map(({ owned }) => owned.length).sort((a, b) => b - a);
  return sizes.reduce((sum, size, rank) => sum + Math.min(size, least + (rank < count % before.length ? 1 : 0)), 0);
}

describe('assignTasks', () => {
  it('gives every task to exactly one member, as evenly as can be', () => {
    fc.assert(
      fc.property(groups, ([count, before]) => {
        const after = assignTasks(before, count);
        expect([...after.values()].flat().sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, t) => t));
        const sizes = before.map(({ id }) => after.get(id)?.length ?? Number.NaN);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('moves as little as any even assignment can, from wherever it stands', () => {
    const steps = fc.array(fc.record({ join: fc.boolean(), which: fc.nat() }), { maxLength: 12 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 33 }), steps, (count, changes) => {
        let group: Candidate[] = [{ id: 'a', owned: [], generation: 0 }];
        for (const [generation, { join, which }] of changes.entries()) {
          if (join || group.length === 1) group.push({ id: `m${generation}`, owned: [], generation: -1 });
          else group.splice(which % group.length, 1);
          const after = assignTasks(group, count);
          expect(stays(group, after)).toBe(mostStays(group, count));
          group = group.map(({ id }) => ({ id, owned: after.get(id) ?? [], generation }));
        }
      }),
    );
  });

  it('believes the later of two that claim the same task', () => {
    const zombie = { id: 'a', owned: [0, 1], generation: 3 };
    const owner = { id: 'b', owned: [0, 1], generation: 4 };
    expect(assignTasks([zombie, owner], 2).get('b')).toHaveLength(1);
    expect(assignTasks([zombie, owner, { id: 'c', owned: [2, 3], generation: 4 }], 4).get('c')).toContain(2);
    expect(assignTasks([zombie, { ...owner, owned: [0] }], 2)).toEqual(
      new Map([
        ['a', [1]],
        ['b', [0]],
      ]),
    );
  });

  it('is the same whatever the order of the members', () => {
    fc.assert(
      fc.property(groups, ([count, before]) => {
        const sorted = (of: ReadonlyMap<string, unknown>) => [...of].sort(([a], [b]) => (a < b ? -1 : 1));
        expect(sorted(assignTasks(before.toReversed(), count))).toEqual(sorted(assignTasks(before, count)));
      }),
    );
  });
});
