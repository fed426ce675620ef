/**
 * A strength for each user: with P_u the unsteered model's probability that the user's next item bears the attribute,
 *
 *     c_u = max(0, s + gamma (logit P_u - m)),    m = mean of logit P over the users of calibration
 *
 * is added to the scores of bearers. m is the same for whoever is served: a strength means one thing. gamma > 0 gives more to those who take such items anyway, gamma < 0 to those who
 * do not, gamma 0 is plain re-ranking.
 */

/** Off 0 and 1, so that its logit is finite. */
const EDGE = 1e-6;

function logitOf(mass: number): number {
  const held = Math.min(1 - EDGE, Math.max(EDGE, mass));
  return Math.log(held / (1 - held));
}

/** m. @param masses P_u by case */
export const meanLogit = (masses: Float64Array): number =>
  masses.reduce((sum, mass) => sum + logitOf(mass), 0) / Math.max(1, masses.length);

/** logit P_u - m, by case. */
export const leanings = (masses: Float64Array, m: number): Float64Array => masses.map((mass) => logitOf(mass) - m);

export const personalAmounts = (leaning: Float64Array, strength: number, gamma: number): Float32Array =>
  Float32Array.from(leaning, (value) => Math.max(0, strength + gamma * value));
