import { beforeAll, describe, expect, it } from 'vitest';
import { openRuntime } from '../../src/adapters/tfjs/runtime.js';
import { SteeringMapSchema } from '../../src/steering/steering-map.js';
import { tinyCheckpoint } from '../../test/builders/checkpoint.js';
import { referenceFeatures } from '../../test/builders/reference-model.js';
import { sequencesOf } from '../../test/builders/split.js';
import { tensorsLeft, tinyModel } from '../../test/builders/tensors.js';
import { casesOf } from '../evaluate/cases.js';
import { SweepBench } from '../evaluate/sweep.js';
import { readActivations } from '../sae/activation-set.js';
import { bestMethod, type Candidate, type MeasuredMethod, measureMethods, steeringMap } from './calibration.js';
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
const measured = (method: MeasuredMethod['method'], maxLift: number): MeasuredMethod => ({
  method,
  measured: [],
  points: [{ amount: 0, share: 0.5, lift: 0, ndcgKept: 1 }],
  maxLift,
  minLift: -1,
});

describe('calibration', () => {
  beforeAll(() => openRuntime('wasm'));
  const withBench = <T>(work: (bench: SweepBench) => T): T => {
    const bench = new SweepBench(tinyModel(checkpoint), casesOf(sequences), { window: 8, items: ITEMS });
    try {
      return work(bench);
    } finally {
      bench.close();
    }
  };

  it('measures delta, add and score for each attribute, each from no intervention on', () => {
    const settings = { budget: 0.5, layer: 1, method: 'best' } as const;
    const methods = withBench((bench) => measureMethods(bench, candidate, settings));
    expect(methods.map(({ method }) => method)).toEqual(['delta', 'add', 'score']);
    for (const { method, measured: points, points: curve } of methods) {
      const amounts = points.map(({ amount }) => amount);
      expect(amounts[0]).toBe(0);
      if (method !== 'score') expect(amounts[1]).toBe(0.125 * candidate.scale);
      if (method !== 'delta') expect(points[0]).toMatchObject({ lift: 0, ndcgKept: 1 });
      for (const { ndcgKept } of curve) expect(ndcgKept).toBeGreaterThanOrEqual(0.5 - 1e-9);
    }
    const score = methods[2]!;
    expect(score.maxLift).toBeGreaterThan(0);
    expect(score.minLift).toBeLessThan(0);
  });

  it('takes the method with the greatest lift, of equal ones the first, or the one that is wanted', () => {
    const all = [measured('delta', 1), measured('add', 2), measured('score', 2)];
    expect(bestMethod(all, 'best').method).toBe('add');
    expect(bestMethod(all, 'score').method).toBe('score');
    expect(() => bestMethod(all, 'replace')).toThrow('no method was measured');
  });

  it('makes a map that a checkpoint takes, and always measures the score term beside', () => {
    for (const method of ['best', 'replace', 'score'] as const) {
      const settings = { budget: 0.5, layer: 1, method };
      const map = withBench((bench) => {
        const methods = measureMethods(bench, candidate, settings);
        expect(methods.some((one) => one.method === 'score')).toBe(true);
        return steeringMap([{ candidate, methods }], bench, settings);
      });
      expect(SteeringMapSchema.parse(map)).toEqual(map);
      const [entry] = map.attributes;
      if (method !== 'best') expect(entry?.method).toBe(method);
      expect(entry?.feature).toBe(entry?.method === 'score' ? -1 : 3);
      expect(entry?.scorePerLift).toBeGreaterThan(0);
      expect(map.unitLift).toBe(entry?.maxLift);
    }
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
