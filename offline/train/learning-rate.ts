/** The learning rate along a training: a linear rise, then constant or down half a cosine (Loshchilov and Hutter 2017). */
export const SCHEDULES = ['constant', 'cosine'] as const;

export interface RateSchedule {
  readonly learningRate: number;
  /** Steps over which it rises from near 0; none when 0. */
  readonly warmUp: number;
  /** After that; `cosine` falls to near 0 at the last step. */
  readonly schedule: (typeof SCHEDULES)[number];
}

/** @param step counted from 0 @param steps of the whole training, should it not stop early */
export function rateAt(step: number, steps: number, { learningRate, warmUp, schedule }: RateSchedule): number {
  if (step < warmUp) return (learningRate * (step + 1)) / warmUp;
  if (schedule === 'constant') return learningRate;
  const progress = Math.min(1, (step - warmUp) / Math.max(1, steps - warmUp));
  return learningRate * 0.5 * (1 + Math.cos(Math.PI * progress));
}
