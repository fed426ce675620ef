import { beforeAll, describe, expect, it } from 'vitest';
import { openRuntime } from '../../src/adapters/tfjs/runtime.js';
import { createTfjsEngine } from '../../src/adapters/tfjs/tfjs-engine.js';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/checkpoint/files.js';
import { createPlanner } from '../../src/steering/plan.js';
import { SteeringMapSchema } from '../../src/steering/steering-map.js';
import { tinyCheckpoint, tinyDraft } from '../../test/builders/checkpoint.js';
import { referenceFeatures } from '../../test/builders/reference-model.js';
import { sequencesOf } from '../../test/builders/split.js';
import { tensorsLeft, tinyModel } from '../../test/builders/tensors.js';
import { disposeTensors } from '../../src/model/weights.js';
import { casesOf } from '../evaluate/cases.js';
import { interventionOf, SweepBench } from '../evaluate/sweep.js';
import { learnedSettings } from '../methods/settings.js';
import { Teaching } from '../methods/teaching.js';
import { readActivations } from '../sae/activation-set.js';
import { bestMethod, type MeasuredMethod, measureMethod, steeringMap, type Wishes } from './calibration.js';
import { type LearnedArrays, learnFor, stacked, steeringTensors } from './learned.js';
import { type Lessons, lessonsFor, methodsFor } from './methods.js';
import type { Candidate } from './candidates.js';
import { highQuantile } from './quantile.js';

const ITEMS = 40;
const checkpoint = tinyCheckpoint(12, ITEMS);
const sequences = sequencesOf(Array.from({ length: ITEMS }, (_, u) => [u, (u + 2) % 12, (u * 5 + 1) % ITEMS]));
const candidate: Candidate = {
  attribute: 'genre/Low',
  items: Int32Array.of(0, 1, 2, 3, 20, 21, 22, 30),
  feature: 3,
  correlation: 0.4,
  scale: 2,
};
const SIZES = { window: 8, items: ITEMS };
const SETTINGS = { budget: 0.5, layer: 1 };
const BOTH: Lessons = { directions: true, adapter: true };
const NOTHING: Lessons = { directions: false, adapter: false };
const measured = (
  method: MeasuredMethod['method'],
  maxLift: number,
  granted: readonly number[] = [],
): MeasuredMethod => ({
  method,
  terms: [{ kind: 'score', per: 1 }],
  measured: [],
  points: [{ amount: 0, share: 0.5, lift: 0, ndcgKept: 1 }],
  granted,
  maxLift,
  minLift: -1,
});

/** Users of the wishes: all whose next item bears the attribute. */
const wished = casesOf(sequences)
  .filter(({ target }) => candidate.items.includes(target))
  .map(({ user }) => user);

/** A direction and an adapter that were not learned, of the tiny checkpoint's own. */
const arrays: LearnedArrays = new Map(
  ['directions', 'adapters.inWeight', 'adapters.inBias', 'adapters.outWeight', 'adapters.outBias'].map((name) => {
    const { shape, data } = checkpoint.weights.get(`steering.${name}`)!;
    return [name, { shape: [1, ...shape.slice(1)], data: data.subarray(0, data.length / 2) }];
  }),
);

describe('calibration', () => {
  beforeAll(() => openRuntime('wasm'));
  const withBench = <T>(work: (bench: SweepBench, wishes: Wishes) => T): T => {
    const cases = casesOf(sequences);
    const own = cases.filter(({ target }) => candidate.items.includes(target));
    const bench = new SweepBench(tinyModel(checkpoint), cases, SIZES);
    const wishes = { cases: own, bench: new SweepBench(tinyModel(checkpoint), own, SIZES) };
    try {
      return work(bench, wishes);
    } finally {
      bench.close();
      wishes.bench.close();
    }
  };
  const measureAll = (
    bench: SweepBench,
    wishes: Wishes,
    wanted: Parameters<typeof methodsFor>[1],
  ): MeasuredMethod[] => {
    const steering = steeringTensors(arrays);
    const all = methodsFor(candidate, wanted, BOTH).map((one) =>
      measureMethod(bench, wishes, candidate, one, SETTINGS, steering),
    );
    disposeTensors(steering);
    return all;
  };

  it('measures features, a score term, and what was learned, each from no intervention on', () => {
    const methods = withBench((bench, wishes) => measureAll(bench, wishes, 'best'));
    expect(methods.map(({ method }) => method)).toEqual(['delta', 'add', 'score', 'hybrid', 'hybrid', 'hybrid']);
    for (const { method, measured: points, points: curve, granted } of methods) {
      const amounts = points.map(({ amount }) => amount);
      expect(amounts[0]).toBe(0);
      if (method === 'delta') expect(amounts[1]).toBe(0.125 * candidate.scale);
      else expect(points[0]).toMatchObject({ lift: 0, ndcgKept: 1 });
      for (const { ndcgKept } of curve) expect(ndcgKept).toBeGreaterThanOrEqual(0.5 - 1e-9);
      expect(granted).toHaveLength(wished.length);
      expect(granted.every((value) => value >= 0 && value <= 1)).toBe(true);
    }
    const score = methods[2]!;
    expect(score.maxLift).toBeGreaterThan(0);
    expect(score.minLift).toBeLessThan(0);
  });

  it('measures without learning what needs none, and what is asked for beside the score term', () => {
    const names = (wanted: Parameters<typeof methodsFor>[1], learned: Lessons): string[] =>
      methodsFor(candidate, wanted, learned).map(({ method }) => method);
    expect(names('best', NOTHING)).toEqual(['delta', 'add', 'score']);
    expect(names('replace', NOTHING)).toEqual(['replace', 'score']);
    expect(names('direction', BOTH)).toEqual(['score', 'direction']);
    for (const wanted of ['best', 'hybrid', 'adapter', 'direction', 'score', 'delta'] as const) {
      // What is learned is what is needed.
      expect(names(wanted, lessonsFor(wanted))).toEqual(names(wanted, BOTH));
    }
  });

  describe('of the methods that were measured', () => {
    const wishers = Array.from({ length: 40 }, (_, wish) => wish);
    const granting = (value: number): number[] => wishers.map(() => value);
    const score = measured('score', 2, granting(0.3));
    const chosen = (methods: readonly MeasuredMethod[], by = wishers) => bestMethod({ methods, wishers: by }, 'best');

    it('takes the one that serves wishes best, if it does so clearly better than the score term', () => {
      const few = wishers.map((wish) => (wish < 2 ? 1 : 0.3));
      const most = wishers.map((wish) => (wish < 20 ? 0.6 : 0.3));
      const all = [measured('delta', 9, granting(0.2)), score, measured('hybrid', 1, most), measured('add', 3, few)];
      expect(chosen(all).method).toBe('hybrid');
      // A greater lead, but of two users.
      expect(chosen([score, measured('add', 3, few)]).method).toBe('score');
      // As many wishes, but of two users.
      expect(
        chosen(
          all,
          wishers.map((wish) => (wish < 20 ? 0 : 1)),
        ).method,
      ).toBe('score');
    });

    it('takes the greatest lift where there are no wishes, of equals the first, and what is wanted where it is there', () => {
      const all = [measured('delta', 1), measured('add', 2), measured('score', 2)];
      expect(chosen(all, []).method).toBe('add');
      expect(bestMethod({ methods: all, wishers: [] }, 'delta').method).toBe('delta');
      expect(bestMethod({ methods: all, wishers: [] }, 'hybrid').method).toBe('add');
      expect(() => chosen([])).toThrow('no method was measured');
    });
  });

  it('makes a map that a checkpoint takes, names only what is used, and always measures the score term beside', () => {
    for (const wanted of ['best', 'replace', 'score', 'hybrid', 'adapter', 'direction'] as const) {
      const { map, directions, adapters } = withBench((bench, wishes) => {
        const methods = measureAll(bench, wishes, wanted);
        expect(methods.some((one) => one.method === 'score')).toBe(true);
        const both = ['genre/Low', 'genre/Even'].map((attribute) => ({
          ...{ candidate: { ...candidate, attribute }, methods, wishers: wished },
        }));
        return steeringMap(both, bench, SETTINGS, wanted);
      });
      expect(SteeringMapSchema.parse(map)).toEqual(map);
      const [entry, second] = map.attributes;
      if (wanted !== 'best') expect(entry?.method).toBe(wanted);
      expect(entry?.scorePerLift).toBeGreaterThan(0);
      expect(map.unitLift).toBe(entry?.maxLift);
      const { shape, weights } = stacked(
        directions.map(() => arrays),
        adapters.map(() => arrays),
      );
      if (wanted === 'hybrid' || wanted === 'direction') {
        expect(directions).toEqual(['genre/Low', 'genre/Even']);
        expect(second?.terms).toContainEqual(expect.objectContaining({ kind: 'direction', direction: 1 }));
        expect(shape).toEqual({ directions: 2, adapters: 0, hidden: 0 });
        expect(weights.get('steering.directions')?.shape).toEqual([2, 2, 8]);
      }
      if (wanted === 'adapter') expect(weights.get('steering.adapters.outBias')?.shape).toEqual([2, 8]);
      if (wanted === 'score') expect(weights.size).toBe(0);
    }
  });

  it('measures what an engine then serves: the same edits give the same lists', async () => {
    const engine = await createTfjsEngine('wasm');
    const steering = steeringTensors(arrays);
    for (const wanted of ['hybrid', 'adapter', 'delta'] as const) {
      const { map, directions, adapters } = withBench((bench, wishes) => {
        const methods = measureAll(bench, wishes, wanted);
        return steeringMap([{ candidate, methods, wishers: wished }], bench, SETTINGS, wanted);
      });
      const own = stacked(
        directions.map(() => arrays),
        adapters.map(() => arrays),
      );
      const draft = tinyDraft(12, ITEMS);
      const bearing = { names: ['genre/Low'], items: [candidate.items] };
      const published = decodeCheckpoint(
        encodeCheckpoint({
          ...draft,
          manifest: { ...draft.manifest, steering: own.shape },
          weights: new Map(
            [...draft.weights].filter(([name]) => !name.startsWith('steering.')).concat([...own.weights]),
          ),
          attributes: bearing,
          steeringMap: map,
        }),
      );
      const model = await engine.load(published);
      const cases = casesOf(sequences);
      const bench = new SweepBench(tinyModel(checkpoint), cases, SIZES);
      for (const gain of [1, 0.4, -1]) {
        const { edits, gains } = createPlanner(published.steeringMap, () => 0)({ 'genre/Low': gain });
        expect(gains[0]?.method).toBe(wanted);
        const rules = { edits, blocked: new Uint8Array(ITEMS), k: 10 };
        const lists = await model.recommend(
          cases.map(({ history }) => ({ ...rules, window: history.subarray(-8), excluded: history })),
        );
        const measuredLists = bench.run({ ...interventionOf(edits, () => candidate.items), steering }).lists;
        expect(lists.map(({ items }) => [...items])).toEqual(measuredLists.map((list) => [...list]));
        expect(measuredLists).not.toEqual(bench.base.lists);
      }
      bench.close();
      model.dispose();
    }
    disposeTensors(steering);
  });

  it('learns a direction and an adapter of each attribute that its teachers take', async () => {
    const own = tinyModel(checkpoint);
    const learn = (items: Int32Array, lessons = BOTH): LearnedArrays | undefined => {
      const teachers = { unseen: sequencesOf([[1, 2, 3, 4, 5, 20, 21, 7]]), seen: sequences };
      const teaching = new Teaching(own, 8, teachers, { cases: 5, lateCases: 5, seed: 1 });
      const learned = learnFor(own, teaching, items, lessons, learnedSettings(2));
      teaching.close();
      return learned;
    };
    const learned = learn(candidate.items)!;
    expect([...learned.keys()].sort()).toEqual([...arrays.keys()].sort());
    expect(learned.get('directions')?.shape).toEqual([1, 2, 8]);
    expect(learn(Int32Array.of(39))).toBeUndefined();
    expect([...learn(candidate.items, lessonsFor('best'))!.keys()]).toEqual(['directions']);
    expect(await tensorsLeft(() => learn(candidate.items))).toBe(0);
  });

  it('scales a dial by the 99 % quantile of its feature where the attribute is present, 1 where it never acts', () => {
    const model = tinyModel(checkpoint);
    const set = readActivations(model, sequences, { window: 8, layer: 1, site: 'block' });
    const active = (feature: number): number[] =>
      Array.from(set.items, (item, n) => ({ item, n }))
        .filter(({ item }) => candidate.items.includes(item))
        .map(({ n }) => referenceFeatures(checkpoint, [...set.values.subarray(n * 8, (n + 1) * 8)])[feature]!)
        .filter((value) => value > 0)
        .sort((a, b) => a - b);
    for (let feature = 0; feature < 16; feature++) {
      const values = active(feature);
      const expected = values[Math.floor(0.99 * (values.length - 1))] ?? 1;
      expect(highQuantile(model.sae, set, candidate.items, feature)).toBeCloseTo(expected, 4);
    }
    expect(highQuantile(model.sae, set, new Int32Array(), 3)).toBe(1);
    const silent = new Map([
      ...checkpoint.weights,
      ['sae.encoderBias', { shape: [16], data: new Float32Array(16).fill(-100) }] as const,
    ]);
    expect(highQuantile(tinyModel({ ...checkpoint, weights: silent }).sae, set, candidate.items, 3)).toBe(1);
  });

  it('leaves no tensor behind', async () => {
    const model = tinyModel(checkpoint);
    const set = readActivations(model, sequences, { window: 8, layer: 1, site: 'block' });
    expect(await tensorsLeft(() => highQuantile(model.sae, set, candidate.items, 3))).toBe(0);
  });
});
