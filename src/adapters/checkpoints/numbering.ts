/** What both stores make of numbers and shares. */
import { z } from 'zod';
import { type Publication, PublicationRefused, type PublishTerms, WHOLE_SHARE } from '../../ports/checkpoint-store.js';
import { Unavailable } from '../../ports/errors.js';

export const ShareSchema = z.int().min(1).max(WHOLE_SHARE);

/** One that was there a moment ago may have been taken away since, or its whole place be away: the next look tells. */
export const noCheckpoint = (sequence: number, place: string): Unavailable =>
  new Unavailable(`There is no checkpoint ${sequence} in ${place}`);

/** `000001`, `000002`, ...: in the order of their names as of their numbers. */
export const nameOf = (sequence: number): string => String(sequence).padStart(6, '0');

/** Ascending; what is no such name is left out. */
export function sequencesOf(names: readonly string[]): readonly number[] {
  const numbers = names.filter((name) => /^\d{6,15}$/.test(name)).map((name) => [name, Number(name)] as const);
  return numbers
    .filter(([name, sequence]) => sequence > 0 && nameOf(sequence) === name)
    .map(([, sequence]) => sequence)
    .sort((a, b) => a - b);
}

/** What CheckpointStore.newest tells. @param ascending all sequence numbers */
export async function newestOf(
  ascending: readonly number[],
  shareOf: (sequence: number) => Promise<number>,
  unusable: ReadonlySet<number> = new Set(),
): Promise<readonly Publication[]> {
  const found: Publication[] = [];
  for (const sequence of ascending.toReversed()) {
    const share = await shareOf(sequence);
    found.push({ sequence, share });
    if (share === WHOLE_SHARE && !unusable.has(sequence)) break;
  }
  return found;
}

/** @throws RangeError unless it is a share */
export function shareIn({ share = WHOLE_SHARE }: PublishTerms): number {
  if (ShareSchema.safeParse(share).success) return share;
  throw new RangeError(`a share is a whole percentage from 1 to ${WHOLE_SHARE}, not ${share}`);
}

/**
 * Claims the next number for what was brought to the store already. A claim succeeds for one publisher alone, and only
 * the number after the newest is ever claimed: so `after` holds at the moment of the claim, too.
 * @param claim false where another has the number
 * @throws PublicationRefused
 */
export async function claimNext(
  list: () => Promise<readonly number[]>,
  claim: (sequence: number) => Promise<boolean>,
  { after }: PublishTerms,
): Promise<number> {
  for (;;) {
    const newest = (await list()).at(-1) ?? 0;
    if (after !== undefined && newest !== after) {
      throw new PublicationRefused(
        `checkpoint ${newest} was published meanwhile, after ${after}: look again, and decide again`,
      );
    }
    if (await claim(newest + 1)) return newest + 1;
  }
}
