/** What every StateStore keeps, whatever it is made of. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Position, Task } from '../../src/ports/log.js';
import type { Expiry, StateStore, StateWrite } from '../../src/ports/state-store.js';
import { stateWith } from '../builders/state.js';

export interface StateStoreFixture {
  /** Of an empty store. */
  readonly store: StateStore;
  /** Another connection to the same store, as another process would have. */
  another(): Promise<StateStore>;
  /** Puts bytes that are no state where a user's state is. */
  spoil(task: Task, userId: string): Promise<void>;
  /** Ends it and everything it wrote. */
  dispose(): Promise<void>;
}

const LAYOUT = { partitions: 4, settings: '{"sequenceLength":200}' };
const TASK = { partition: 1 };
const OTHER = { partition: 2 };
const ZERO: Position = { interactions: 0, profiles: 0 };
const ONE: Position = { interactions: 10, profiles: 3 };

function writing(change: Partial<StateWrite> = {}): StateWrite {
  return { from: ZERO, to: ONE, states: [stateWith('ann', ['a', 'b'])], expiries: new Map([['ann', null]]), ...change };
}

export function stateStoreContract(name: string, open: () => Promise<StateStoreFixture>): void {
  describe(`the state store contract: ${name}`, () => {
    let fixture: StateStoreFixture;
    let store: StateStore;
    beforeEach(async () => {
      fixture = await open();
      store = fixture.store;
    });
    afterEach(() => fixture.dispose());

    it('knows nothing when empty', async () => {
      expect(await store.layout()).toBeUndefined();
      expect(await store.peekMarker(TASK)).toBeUndefined();
      expect(await store.peek(TASK, 'ann')).toBeUndefined();
      await store.claim(TASK, 'token', LAYOUT);
      expect(await store.marker(TASK, 'token')).toEqual({ ok: true, value: undefined });
      expect(await store.peekMarker(TASK)).toBeUndefined();
      expect(await store.read(TASK, 'token', ZERO, ['ann'])).toEqual({ ok: true, value: new Map() });
    });

    it('keeps the first layout', async () => {
      await store.claim(TASK, 'token', LAYOUT);
      await store.claim(OTHER, 'token', { partitions: 8, settings: 'other' });
      expect(await store.layout()).toEqual(LAYOUT);
    });

    it('writes states and marker together, and reads them back whole', async () => {
      await store.claim(TASK, 'token', LAYOUT);
      const odd = ['Zoë \u{1f3ac}', '{a}:u:b', 'line\nbreak', '*'].map((user) => stateWith(user, ['c']));
      const states = [stateWith('ann', ['a', 'b']), stateWith('bob', []), ...odd];
      expect(await store.write(TASK, 'token', writing({ states, expiries: new Map() }))).toEqual({
        ok: true,
        value: undefined,
      });
      expect(await store.marker(TASK, 'token')).toEqual({ ok: true, value: ONE });
      const read = await store.read(TASK, 'token', ONE, [...states.map(({ userId }) => userId), 'nobody']);
      expect(read).toEqual({ ok: true, value: new Map(states.map((state) => [state.userId, state])) });
      const another = await fixture.another();
      expect(await another.peek(TASK, 'ann')).toEqual(states[0]);
      expect(await another.peekMarker(TASK)).toEqual(ONE);
    });

    it('moves the marker of a write without states, up to the largest offsets', async () => {
      await store.claim(TASK, 'token', LAYOUT);
      const to = { interactions: 2 ** 52, profiles: 2 ** 40 + 1 };
      expect(await store.write(TASK, 'token', { from: ZERO, to, states: [], expiries: new Map() })).toMatchObject({
        ok: true,
      });
      expect(await store.marker(TASK, 'token')).toEqual({ ok: true, value: to });
      expect(await store.read(TASK, 'token', to, [])).toEqual({ ok: true, value: new Map() });
    });

    it('shows a reader all of a write or nothing of it', async () => {
      await store.claim(TASK, 'token', LAYOUT);
      const another = await fixture.another();
      const users = Array.from({ length: 50 }, (_, i) => `user-${i}`);
      const at = (batch: number): Position => ({ interactions: batch, profiles: 0 });
      for (let batch = 0; batch < 20; batch += 1) {
        const states = users.map((user) => stateWith(user, [`item-${batch}`]));
        const [written, ...reads] = await Promise.all([
          store.write(TASK, 'token', { from: at(batch), to: at(batch + 1), states, expiries: new Map() }),
          another.read(TASK, 'token', at(batch), users),
          another.read(TASK, 'token', at(batch + 1), users),
        ]);
        expect(written.ok).toBe(true);
        for (const [i, read] of reads.entries()) {
          if (!read.ok) continue;
          const items = [...read.value.values()].map(({ history }) => history.sequence.first?.itemId);
          const batches = batch + i;
          expect(new Set(items)).toEqual(new Set(batches === 0 ? [] : [`item-${batches - 1}`]));
        }
      }
    });

    it('takes thousands of users in one write, and gives them back in one read', async () => {
      await store.claim(TASK, 'token', LAYOUT);
      const users = Array.from({ length: 10_000 }, (_, i) => `user-${i}`);
      const states = users.map((user) => stateWith(user, ['a']));
      const all = (at: number | null): ReadonlyMap<string, number | null> => new Map(users.map((user) => [user, at]));
      const done = { ok: true, value: undefined };
      expect(await store.write(TASK, 'token', writing({ states, expiries: all(5) }))).toEqual(done);
      const due = await store.due(TASK, 'token', 5, 20_000);
      expect(due.ok && due.value.length).toBe(users.length);
      const read = await store.read(TASK, 'token', ONE, [...users, 'nobody']);
      expect(read.ok && read.value.size).toBe(users.length);
      const to = { interactions: 11, profiles: 3 };
      expect(await store.write(TASK, 'token', { from: ONE, to, states, expiries: all(null) })).toEqual(done);
      expect(await store.due(TASK, 'token', 5, 20_000)).toEqual({ ok: true, value: [] });
    });

    it('keeps states and marker when another claims the task', async () => {
      await store.claim(TASK, 'token', LAYOUT);
      await store.write(TASK, 'token', writing());
      const another = await fixture.another();
      await another.claim(TASK, 'newer', LAYOUT);
      expect(await another.marker(TASK, 'newer')).toEqual({ ok: true, value: ONE });
      expect(await another.peek(TASK, 'ann')).toEqual(stateWith('ann', ['a', 'b']));
    });

    it.each(['an earlier token', 'a token that nobody claimed'])('refuses %s, and changes nothing', async (which) => {
      if (which === 'an earlier token') {
        await store.claim(TASK, 'old', LAYOUT);
        await (await fixture.another()).claim(TASK, 'new', LAYOUT);
      }
      const refused = { ok: false, refused: 'token' };
      expect(await store.marker(TASK, 'old')).toEqual(refused);
      expect(await store.read(TASK, 'old', ZERO, ['ann'])).toEqual(refused);
      expect(await store.due(TASK, 'old', 1e15, 10)).toEqual(refused);
      expect(await store.write(TASK, 'old', writing({ expiries: new Map([['ann', 5]]) }))).toEqual(refused);
      expect(await store.peek(TASK, 'ann')).toBeUndefined();
      expect(await store.peekMarker(TASK)).toBeUndefined();
      await store.claim(TASK, 'check', LAYOUT);
      expect(await store.due(TASK, 'check', 1e15, 10)).toEqual({ ok: true, value: [] });
    });

    it.each([
      ['behind', { interactions: 9, profiles: 3 }],
      ['ahead', { interactions: 10, profiles: 4 }],
      ['at the beginning', ZERO],
    ])('refuses a marker %s, and changes nothing', async (_, at) => {
      await store.claim(TASK, 'token', LAYOUT);
      await store.write(TASK, 'token', writing());
      const refused = { ok: false, refused: 'marker' };
      expect(await store.read(TASK, 'token', at, ['ann'])).toEqual(refused);
      const states = [stateWith('ann', ['z'])];
      const to = { interactions: 99, profiles: 99 };
      expect(await store.write(TASK, 'token', { from: at, to, states, expiries: new Map([['ann', 5]]) })).toEqual(
        refused,
      );
      expect(await store.peek(TASK, 'ann')).toEqual(stateWith('ann', ['a', 'b']));
      expect(await store.peekMarker(TASK)).toEqual(ONE);
      expect(await store.due(TASK, 'token', 1e15, 10)).toEqual({ ok: true, value: [] });
    });

    it('keeps tasks apart', async () => {
      await store.claim(TASK, 'mine', LAYOUT);
      await store.claim(OTHER, 'theirs', LAYOUT);
      await store.write(TASK, 'mine', writing({ expiries: new Map([['ann', 5]]) }));
      expect(await store.marker(OTHER, 'theirs')).toEqual({ ok: true, value: undefined });
      expect(await store.peek(OTHER, 'ann')).toBeUndefined();
      expect(await store.due(OTHER, 'theirs', 10, 10)).toEqual({ ok: true, value: [] });
      expect(await store.read(OTHER, 'mine', ZERO, ['ann'])).toEqual({ ok: false, refused: 'token' });
    });

    it('tells expiries that are due, soonest first, until they are replaced or removed', async () => {
      await store.claim(TASK, 'token', LAYOUT);
      const expiries = new Map([
        ['ann', 300],
        ['bob', 100],
        ['cyd', 200],
        ['dan', 400],
        ['amy', 300],
      ]);
      await store.write(TASK, 'token', writing({ expiries }));
      const due = async (now: number, max = 10): Promise<readonly Expiry[]> => {
        const answer = await store.due(TASK, 'token', now, max);
        return answer.ok ? answer.value : [];
      };
      expect(await due(99)).toEqual([]);
      expect(await due(300)).toEqual([
        { userId: 'bob', at: 100 },
        { userId: 'cyd', at: 200 },
        { userId: 'amy', at: 300 },
        { userId: 'ann', at: 300 },
      ]);
      expect((await due(1000, 2)).map(({ userId }) => userId)).toEqual(['bob', 'cyd']);
      const later = new Map([
        ['bob', null],
        ['cyd', 350],
      ]);
      await store.write(TASK, 'token', writing({ from: ONE, to: { interactions: 11, profiles: 3 }, expiries: later }));
      expect((await due(1000)).map(({ userId }) => userId)).toEqual(['amy', 'ann', 'cyd', 'dan']);
    });

    it('tells all states of a task, with the marker, in stretches', async () => {
      expect(await store.scan(TASK, undefined, 10)).toEqual({ marker: undefined, states: [], next: undefined });
      await store.claim(TASK, 'token', LAYOUT);
      await store.claim(OTHER, 'theirs', LAYOUT);
      const states = Array.from({ length: 25 }, (_, index) => stateWith(`user ${index} *`, [`item-${index}`]));
      await store.write(TASK, 'token', writing({ states, expiries: new Map() }));
      await store.write(OTHER, 'theirs', writing());
      const scan = await (await fixture.another()).scan(TASK, undefined, 1000);
      expect(scan.marker).toEqual(ONE);
      const found = new Map<string, unknown>();
      let cursor: string | undefined;
      let stretches = 0;
      do {
        const page = await store.scan(TASK, cursor, 4);
        expect(page.marker).toEqual(ONE);
        for (const state of page.states) found.set(state.userId, state);
        cursor = page.next;
        stretches += 1;
      } while (cursor !== undefined);
      expect(stretches).toBeGreaterThan(2);
      expect(found).toEqual(new Map(states.map((state) => [state.userId, state])));
    });

    it('stops the task whose stored state cannot be read, names the user, and reads the others', async () => {
      await store.claim(TASK, 'token', LAYOUT);
      const states = ['ann', 'bob'].map((user) => stateWith(user, ['a']));
      await store.write(TASK, 'token', writing({ states, expiries: new Map() }));
      await fixture.spoil(TASK, 'bob');
      const stopped = { name: 'TaskStopped', reason: 'state-unreadable' };
      // A store that others fill, too, may show it in a later stretch.
      const scanAll = async (): Promise<void> => {
        for (let cursor: string | undefined; ; ) {
          cursor = (await store.scan(TASK, cursor, 1000)).next;
          if (cursor === undefined) return;
        }
      };
      const calls = [() => store.read(TASK, 'token', ONE, ['ann', 'bob']), () => store.peek(TASK, 'bob'), scanAll];
      for (const call of calls) {
        const failing = expect(call()).rejects;
        await failing.toMatchObject(stopped);
        await failing.toThrow(/^user "bob" of partition 1: a stored user state cannot be read/);
      }
      expect(await store.read(TASK, 'token', ONE, ['ann'])).toEqual({ ok: true, value: new Map([['ann', states[0]]]) });
    });
  });
}
