import { describe, expect, it } from 'vitest';
import { expectClose } from '../../test/builders/tensors.js';
import { fitLogistic, logitOf } from './logistic-regression.js';

const N = 40;
const x = Float32Array.from(
  Array.from({ length: N }, (_, i) => [Math.sin(3 * i + 1), Math.cos(5 * i), ((i * 7) % 11) / 5 - 1]).flat(),
);
const labels = Array.from({ length: N }, (_, i) => (i * 13) % 17 < 6 + 5 * x[i * 3]!);

describe('logistic regression', () => {
  it.each([
    [1, [2.18435502, 0.50874954, -0.2149086], -0.94016629],
    [0.1, [0.65005529, 0.14814849, -0.08144394], -0.65116584],
  ])('with C = %d has the weights of sklearn.linear_model.LogisticRegression', (c, weights, bias) => {
    expect(labels.filter(Boolean)).toHaveLength(14);
    const probe = fitLogistic(x, labels, 3, c);
    expectClose(probe.weights, weights, 1e-4);
    expect(probe.bias).toBeCloseTo(bias, 4);
  });

  it('stays finite where the classes can be told apart, and orders them', () => {
    const line = Float32Array.from({ length: 100 }, (_, i) => i / 10);
    const above = Array.from(line, (value) => value > 9.85);
    const probe = fitLogistic(line, above, 1, 1000);
    expect(Number.isFinite(probe.bias)).toBe(true);
    expect(probe.weights[0]).toBeGreaterThan(0);
    expect(Array.from(line, (_, row) => logitOf(probe, line, row) > 0)).toEqual(above);
  });

  it('with one class only says so of every point', () => {
    const probe = fitLogistic(x, new Array<boolean>(N).fill(false), 3);
    expect(logitOf(probe, x, 0)).toBeLessThan(-5);
    expect(Number.isFinite(probe.bias)).toBe(true);
  });
});
