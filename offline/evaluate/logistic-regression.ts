/**
 * Logistic regression by Newton's method: minimises C * sum log(1 + exp(-y z)) + |w|^2 / 2, y in {-1, 1},
 * z = w . x + b, the bias not penalised (scikit-learn's default objective). N points, d values each.
 */
export interface LinearProbe {
  /** w, [d]. */
  readonly weights: Float64Array;
  readonly bias: number;
}

const MOST_STEPS = 50;
const SETTLED = 1e-8;

/** @param x [N, d], row-major @param c the weight of the data against that of the penalty */
export function fitLogistic(x: Float32Array, labels: ArrayLike<boolean>, width: number, c = 1): LinearProbe {
  let theta = new Float64Array(width + 1);
  let loss = objective(x, labels, theta, c);
  for (let step = 0; step < MOST_STEPS; step++) {
    const { gradient, hessian } = derivatives(x, labels, theta, c);
    const move = solve(hessian, gradient);
    // A whole step can overshoot where hardly a point bears the label: halve it until the objective falls.
    let scale = 1;
    let next = moved(theta, move, scale);
    let nextLoss = objective(x, labels, next, c);
    while (nextLoss > loss && scale > 1e-6) {
      scale /= 2;
      next = moved(theta, move, scale);
      nextLoss = objective(x, labels, next, c);
    }
    const gained = loss - nextLoss;
    if (gained > 0) [theta, loss] = [next, nextLoss];
    if (gained <= SETTLED * Math.abs(loss)) break;
  }
  return { weights: theta.subarray(0, width), bias: theta[width] ?? 0 };
}

const moved = (theta: Float64Array, move: Float64Array, scale: number): Float64Array<ArrayBuffer> =>
  Float64Array.from(theta, (value, i) => value - scale * (move[i] ?? 0));

/** w . x_n + b. */
export function logitOf({ weights, bias }: LinearProbe, x: Float32Array, row: number): number {
  const d = weights.length;
  let z = bias;
  for (let i = 0; i < d; i++) z += (weights[i] ?? 0) * (x[row * d + i] ?? 0);
  return z;
}

const split = (theta: Float64Array): LinearProbe => ({
  weights: theta.subarray(0, -1),
  bias: theta.at(-1) ?? 0,
});

function objective(x: Float32Array, labels: ArrayLike<boolean>, theta: Float64Array, c: number): number {
  const probe = split(theta);
  let loss = 0;
  for (let n = 0; n < labels.length; n++) {
    const z = logitOf(probe, x, n) * (labels[n] ? -1 : 1);
    loss += Math.max(0, z) + Math.log1p(Math.exp(-Math.abs(z)));
  }
  return c * loss + probe.weights.reduce((sum, value) => sum + value * value, 0) / 2;
}

/** The hessian is [d + 1, d + 1], row-major; only its lower triangle is filled. */
function derivatives(
  x: Float32Array,
  labels: ArrayLike<boolean>,
  theta: Float64Array,
  c: number,
): { gradient: Float64Array; hessian: Float64Array } {
  const probe = split(theta);
  const size = theta.length;
  const d = size - 1;
  const gradient = new Float64Array(size);
  const hessian = new Float64Array(size * size);
  const point = new Float64Array(size).fill(1);
  for (let n = 0; n < labels.length; n++) {
    for (let i = 0; i < d; i++) point[i] = x[n * d + i] ?? 0;
    const p = 1 / (1 + Math.exp(-logitOf(probe, x, n)));
    const error = c * (p - (labels[n] ? 1 : 0));
    const curvature = c * p * (1 - p);
    for (let i = 0; i < size; i++) {
      const value = point[i] ?? 0;
      gradient[i] = (gradient[i] ?? 0) + error * value;
      const weight = curvature * value;
      for (let j = 0; j <= i; j++) hessian[i * size + j] = (hessian[i * size + j] ?? 0) + weight * (point[j] ?? 0);
    }
  }
  for (let i = 0; i < d; i++) {
    gradient[i] = (gradient[i] ?? 0) + (theta[i] ?? 0);
    hessian[i * size + i] = (hessian[i * size + i] ?? 0) + 1;
  }
  // Where every point is certain, the unpenalised bias has no curvature left.
  hessian[d * size + d] = (hessian[d * size + d] ?? 0) + 1e-9;
  return { gradient, hessian };
}

/** Solves A x = b for a symmetric positive definite A, given by its lower triangle: Cholesky, in place. */
function solve(a: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const get = (i: number, j: number): number => a[i * n + j] ?? 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = get(i, j);
      for (let k = 0; k < j; k++) sum -= get(i, k) * get(j, k);
      a[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / get(j, j);
    }
  }
  const x = b.slice();
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] = (x[i] ?? 0) - get(i, k) * (x[k] ?? 0);
    x[i] = (x[i] ?? 0) / get(i, i);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] = (x[i] ?? 0) - get(k, i) * (x[k] ?? 0);
    x[i] = (x[i] ?? 0) / get(i, i);
  }
  return x;
}
