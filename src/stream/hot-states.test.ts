import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stateWith } from '../../test/builders/state.js';
import { HotStates } from './hot-states.js';

describe('HotStates', () => {
  it('holds what was put last, up to its capacity', () => {
    const user = fc.nat({ max: 8 }).map(String);
    fc.assert(
      fc.property(fc.nat({ max: 5 }), fc.array(fc.uniqueArray(user, { minLength: 1 })), (capacity, batches) => {
        const hot = new HotStates(capacity);
        let order: { user: string; batch: number }[] = [];
        for (const [batch, users] of batches.entries()) {
          hot.put(new Map(users.map((one) => [one, stateWith(one, [`item-${batch}`])])));
          order = [...order.filter((one) => !users.includes(one.user)), ...users.map((one) => ({ user: one, batch }))];
        }
        const kept = capacity === 0 ? [] : order.slice(-capacity);
        const everyone = Array.from({ length: 9 }, (_, i) => String(i));
        expect(hot.of(everyone)).toEqual(
          new Map(kept.map((one) => [one.user, stateWith(one.user, [`item-${one.batch}`])])),
        );
      }),
    );
  });
});
