/** Two accounts of the same rules: the oracle's plain one, and the reducers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../offline/random.js';
import { SINGLE_OBJECT } from '../../../src/events/wire-format.js';
import { partitionOf } from '../../../src/events/murmur2.js';
import { reduceBatch } from '../../../src/stream/batch.js';
import { createInputDecoder } from '../../../src/stream/inputs.js';
import { Inputs } from './inputs.js';
import { equalizerAt, oracleOf, stateAt } from './oracle.js';
import { PARTITIONS, settingsOf, worldOf } from './world.js';
import type { Read } from './topics.js';

const WORLD = worldOf('test', 'every-event');
const SETTINGS = settingsOf(WORLD);
const NOWHERE = { interactions: [], profiles: [] };

/** A log as a broker would keep it. */
function logOf(seed: number, bursts: number): readonly Read[] {
  const random = createRandom(seed);
  const inputs = new Inputs(random, WORLD);
  const ends = new Map<string, number>();
  let now = 1_700_000_000_000;
  return Array.from({ length: bursts }, () => inputs.burst((now += random.below(400))))
    .flat()
    .map(({ partition, ...sent }) => {
      const place = partition ?? partitionOf(sent.key ?? Buffer.alloc(0), PARTITIONS);
      const offset = ends.get(`${sent.topic} ${place}`) ?? 0;
      ends.set(`${sent.topic} ${place}`, offset + 1);
      return { ...sent, partition: place, offset };
    });
}

describe('the oracle of the chaos bench', () => {
  it('agrees with the reducers on every state, every owed list and every dead letter', async () => {
    const decode = createInputDecoder(WORLD.topics, PARTITIONS, SETTINGS.maxRecordBytes, SINGLE_OBJECT);
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const log = logOf(seed, 300);
        const reduced = reduceBatch(await decode(log), new Map(), SETTINGS.reducer);
        const { users, dead } = oracleOf(log, WORLD, NOWHERE);
        const place = ({ topic, partition, offset }: Read): string => `${topic} ${partition} ${offset}`;
        expect(dead.map(({ record, reason }) => [place(record), reason])).toEqual(
          reduced.dead.map(({ record, reason }) => [place(record), reason]),
        );
        for (const user of users.values()) {
          const changes = user.interactions.length + user.profiles.length;
          if (changes > 0) expect(stateAt(user, Infinity, Infinity)).toEqual(reduced.states.get(user.id));
          else expect(reduced.states.has(user.id)).toBe(false);
          const owed = reduced.owed.filter(({ state }) => state.userId === user.id);
          expect([...user.interactions, ...user.profiles].map(({ record }) => place(record)).sort()).toEqual(
            owed.map(({ record }) => place(record)).sort(),
          );
          for (const [index, { record, outcome }] of user.profiles.entries()) {
            const list = owed.find((one) => place(one.record) === place(record));
            expect([outcome, equalizerAt(user, index + 1).version]).toEqual([
              list?.profile,
              list?.state.equalizer.version,
            ]);
          }
        }
      }),
      { numRuns: 15 },
    );
  });
});
