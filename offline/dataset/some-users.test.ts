import { describe, expect, it } from 'vitest';
import { sequencesOf } from '../../test/builders/split.js';
import { someUsers } from './some-users.js';

describe('some users', () => {
  it('have the sequences that they had, in the order in which they were asked for', () => {
    const all = sequencesOf([
      [1, 2],
      [3, 4, 5],
      [6, 7],
    ]);
    expect(someUsers(all, [2, 1])).toEqual({
      users: ['u2', 'u1'],
      offsets: Int32Array.of(0, 2, 5),
      items: Int32Array.of(6, 7, 3, 4, 5),
      times: Float64Array.of(5, 6, 2, 3, 4),
    });
    expect(someUsers(all, [0, 1, 2])).toEqual(all);
    expect(someUsers(all, []).items).toHaveLength(0);
  });
});
