import type { UserState } from '../state/user-state.js';
import type { EqualizerView } from './schemas.js';

/** What people see of an equalizer. */
export function equalizerView({ userId, equalizer }: UserState): EqualizerView {
  const entries = Object.entries(equalizer.gains).filter(([, { gain }]) => gain !== 0);
  return {
    userId,
    version: equalizer.version,
    off: equalizer.off,
    preset: equalizer.preset,
    gains: Object.fromEntries(entries.map(([attribute, { gain }]) => [attribute, gain])),
    expiries: Object.fromEntries(
      entries.flatMap(([attribute, { expiresAt }]) =>
        expiresAt === null ? [] : [[attribute, new Date(expiresAt).toISOString()]],
      ),
    ),
  };
}
