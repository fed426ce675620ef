import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/terminal/user-error.js';
import { generate, synthetic, userInteractions } from './synthetic.js';
import { describeParameter } from '../world-parameters.js';
import { DEFAULT_SYNTHETIC, type SyntheticParameters, SyntheticParametersSchema } from './synthetic-parameters.js';
import { firstFresh, nextProbabilities, userEvents } from './synthetic-user.js';
import { createWorld } from './synthetic-world.js';

const parameters: SyntheticParameters = { ...DEFAULT_SYNTHETIC, users: 200 };

describe('generate', () => {
  const { world, items, interactions } = generate(parameters);

  it('gives the same records for the same parameters, others for another seed', () => {
    expect(generate(parameters).interactions).toEqual(interactions);
    expect(generate({ ...parameters, seed: 2 }).interactions).not.toEqual(interactions);
  });

  it('is in time order; nobody takes an item twice; ids are unique', () => {
    const times = interactions.map((event) => event.occurredAt);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    const pairs = interactions.map((event) => `${event.userId} ${event.itemId}`);
    expect(new Set(pairs).size).toBe(pairs.length);
    expect(new Set(interactions.map((event) => event.eventId)).size).toBe(interactions.length);
    expect(new Set(items.map((item) => item.title)).size).toBe(items.length);
    expect(interactions.length / 200).toBeGreaterThan(30);
    expect(interactions.length / 200).toBeLessThan(50);
  });

  it('gives every item one or two genres and the parts of a series the same ones', () => {
    for (const item of items) expect([1, 2]).toContain(item.attributes.length);
    const parts = world.items.filter((item) => item.nextPart !== null);
    expect(parts.length).toBeGreaterThan(40);
    for (const part of parts) expect(world.items[part.nextPart!]?.genres).toEqual(part.genres);
  });

  it('lets the fresh users begin after all the others', () => {
    const begins = Array.from({ length: 200 }, (_, user) => userInteractions(world, user)[0]!.occurredAt);
    const fresh = firstFresh(world);
    expect(fresh).toBe(180);
    expect(Math.min(...begins.slice(fresh))).toBeGreaterThanOrEqual(Math.max(...begins.slice(0, fresh)));
  });

  it('gives a user the same life among more users, but for when it begins', () => {
    const more = createWorld({ ...parameters, users: 2000 });
    const taken = (w: typeof world): number[] => [...userEvents(w, 17)].map((event) => event.item);
    expect(taken(more)).toEqual(taken(world));
    expect(userInteractions(world, 200)[0]!.occurredAt).toBeGreaterThan(
      parameters.start + (parameters.days + parameters.freshDays) * 86_400_000,
    );
  });

  it('has causes that a recommender can find: mood and series beat popularity', () => {
    const ranks = { oracle: 0, popularity: 0, count: 0 };
    for (let user = 0; user < 100; user++) {
      const seen = new Uint8Array(world.items.length);
      for (const { item, mood, continuation } of userEvents(world, user)) {
        const truth = nextProbabilities(world, { mood, seen, continuation });
        const popular = nextProbabilities(world, { mood: new Float64Array(mood.length), seen, continuation: null });
        ranks.oracle += truth.filter((p) => p > truth[item]!).length < 10 ? 1 : 0;
        ranks.popularity += popular.filter((p) => p > popular[item]!).length < 10 ? 1 : 0;
        ranks.count++;
        seen[item] = 1;
      }
    }
    expect(ranks.popularity / ranks.count).toBeLessThan(0.2);
    expect(ranks.oracle / ranks.count).toBeGreaterThan(0.3);
  });
});

describe('nextProbabilities', () => {
  it('is a distribution over what was not seen', () => {
    const world = createWorld({ ...parameters, items: 30 });
    const seen = fc.uint8Array({ minLength: 30, maxLength: 30, max: 1 }).filter((flags) => flags.includes(0));
    fc.assert(
      fc.property(
        seen,
        fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 8, maxLength: 8 }),
        (s, m) => {
          const continuation = s.indexOf(0);
          for (const next of [null, continuation]) {
            const p = nextProbabilities(world, { mood: Float64Array.from(m), seen: s, continuation: next });
            expect(p.reduce((a, b) => a + b)).toBeCloseTo(1, 9);
            p.forEach((value, item) => {
              expect(value > 0).toBe(s[item] === 0);
            });
          }
        },
      ),
    );
  });
});

describe('parameters', () => {
  it('are refused by name', () => {
    expect(() => synthetic({ ...parameters, zipf: -1 })).toThrow(UserError);
    expect(() => synthetic({ ...parameters, zipf: -1 })).toThrow(/zipf/);
  });

  it('are all in docs/synthetic.md, with their defaults', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/synthetic.md'), 'utf8');
    for (const [name, value] of Object.entries(DEFAULT_SYNTHETIC)) {
      expect(page).toContain(`| \`${name}\` | ${value} | ${describeParameter(SyntheticParametersSchema, name)} |`);
    }
  });
});
