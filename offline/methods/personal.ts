/**
 * A strength for each user: with P_u the unsteered model's probability that the user's next item bears the attribute,
 *
 *     c_u = max(0, s + gamma (logit P_u - mean over users of logit P))
 *
 * is added to the scores of bearers. gamma > 0 gives more to those who take such items anyway, gamma < 0 to those who
 * do not, gamma 0 is plain re-ranking.
 */

/** Off 0 and 1, so that its logit is finite. */
const EDGE = 1e-6;

/** logit P_u less its mean, by case. */
export function leanings(masses: Float64Array): Float64Array {
  const logits = masses.map((mass) => {
    const held = Math.min(1 - EDGE, Math.max(EDGE, mass));
    return Math.log(held / (1 - held));
  });
  const mean = logits.reduce((sum, value) => sum + value, 0) / Math.max(1, logits.length);
  return logits.map((value) => value - mean);
}

export const personalAmounts = (leaning: Float64Array, strength: number, gamma: number): Float32Array =>
  Float32Array.from(leaning, (value) => Math.max(0, strength + gamma * value));
