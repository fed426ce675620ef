import { describe, expect, it } from 'vitest';
import { expectClose } from '../../test/builders/tensors.js';
import { fitProbe, judgeProbe, normalised, unitStep } from './probes.js';

/** Items 0 and 1 bear the attribute and lie to the right; the second value says nothing. */
const set = {
  values: Float32Array.of(3, 1, 4, -1, -2, 1, -3, -1, 3, 1, -3, 1),
  items: Int32Array.of(0, 1, 2, 3, 0, 2),
  width: 2,
};
const bearers = Int32Array.of(0, 1);

describe('probes', () => {
  it('the difference of means is the mean with the attribute minus the mean without', () => {
    expectClose(fitProbe(set, bearers)!.difference, [10 / 3 - -8 / 3, 1 / 3 - 1 / 3], 1e-6);
  });

  it('tell apart what a line can tell apart', () => {
    const row = judgeProbe('genre/A', fitProbe(set, bearers)!, set, bearers);
    expect(row.auc).toBe(1);
    expect(row.probability).toBeGreaterThan(0.99);
    expect(row.logit).toBeGreaterThan(0.95);
    expect(row.difference).toBeGreaterThan(0.95);
  });

  it('need points of both kinds', () => {
    expect(fitProbe(set, new Int32Array())).toBeUndefined();
    expect(fitProbe(set, Int32Array.of(0, 1, 2, 3))).toBeUndefined();
  });

  it('see activations as the dictionary does', () => {
    expectClose(normalised(set, { mean: 1, std: 2 }).values.subarray(0, 3), [1, 0, 1.5], 1e-6);
  });

  it('step along a direction of unit length, in what the model holds', () => {
    expectClose(unitStep(Float64Array.of(3, -4), 10), [6, -8], 1e-6);
    expect([...unitStep(new Float64Array(2), 10)]).toEqual([0, 0]);
  });
});
