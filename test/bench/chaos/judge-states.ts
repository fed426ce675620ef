/** The stored states equal the oracle's, and whatever gain should have ended has. */
import { isDeepStrictEqual } from 'node:util';
import type { UserState } from '../../../src/state/user-state.js';
import { decode } from './bytes.js';
import type { Evidence } from './evidence.js';
import { equalizerAt, type Oracle, stateAt, type User } from './oracle.js';
import type { Read } from './topics.js';

export async function judgeStates(
  { stored }: Pick<Evidence, 'stored'>,
  { users }: Oracle,
  differ: (what: string) => void,
): Promise<void> {
  for (const user of users.values()) {
    const expected = stateAt(user, Infinity, Infinity);
    const hasState = user.interactions.length + user.profiles.length > 0;
    const actual = await stored(user.id, user.partition);
    if (hasState ? isDeepStrictEqual(normal(actual), normal(expected)) : actual === undefined) continue;
    differ(`the stored state of "${user.id}" is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`);
  }
}

/** Gains may come in any order. */
function normal(state: UserState | undefined): unknown {
  if (!state) return undefined;
  const gains = Object.entries(state.equalizer.gains).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.parse(JSON.stringify({ ...state, equalizer: { ...state.equalizer, gains } })) as unknown;
}

/** The owners said so in the log. Returns how often one of them did. */
export function judgeExpiries(user: User, endedAt: number, differ: (what: string) => void): number {
  for (const [attribute, { expiresAt }] of equalizerAt(user, Infinity).gains) {
    if (expiresAt !== null && expiresAt <= endedAt)
      differ(`the gain of "${user.id}" for ${attribute} should have ended at ${expiresAt}`);
  }
  return user.profiles.filter(({ record }) => isOwners(record)).length;
}

function isOwners({ value }: Read): boolean {
  return (decode('profile-event', value!) as { eventId: string }).eventId.startsWith('expire:');
}
