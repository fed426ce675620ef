/**
 * The paper's split (its section on the evaluation protocol): the newest users are the test, everything else that
 * happened before the first of them is for training, most of it for GPTRec and the rest for the SAE.
 */
import { createRandom } from '../random.js';
import { UserError } from '../../src/terminal/user-error.js';
import type { NumberedSequences } from './accepted.js';
import { before, cutOut, lengthOf, type Range, rangeOf, vocabularyOf } from './ranges.js';
import type { SplitParts } from './sequences.js';

const TEST = 0.1;
const GPT = 0.6;
const VALIDATION = 0.1;

export interface PaperSplit extends SplitParts {
  /** Training holds only what happened before this time, ms; the test users begin at or after it. */
  readonly cut: number;
}

/**
 * Users are ranked by their first time, equal ones in the order of `sequences`; the random part hangs on the seed alone.
 * @throws UserError for a log that is too small.
 */
export function paperSplit(sequences: NumberedSequences, seed: number): PaperSplit {
  const ranked = usersByFirstTime(sequences);
  const tests = Math.max(1, Math.round(TEST * ranked.length));
  const testRanges = ranked.slice(ranked.length - tests);
  const cut = firstTime(sequences, testRanges[0]);
  const trainable = ranked
    .slice(0, ranked.length - tests)
    .map((range) => before(sequences, range, cut))
    .filter((range) => lengthOf(range) >= 2);
  const rank = new Map(trainable.map((range, place) => [range, place]));
  const inRank = (part: Range[]): Range[] => part.sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
  const shuffled = createRandom(seed).shuffle([...trainable]);
  const gptCount = Math.round(GPT * shuffled.length);
  const validationCount = Math.round(VALIDATION * gptCount);
  const gpt = shuffled.slice(0, gptCount);
  const vocabulary = vocabularyOf(sequences, gpt);
  const part = (ranges: Range[]) => cutOut(sequences, inRank(ranges), vocabulary);
  const parts = {
    items: vocabulary.items,
    validation: part(gpt.slice(0, validationCount)),
    train: part(gpt.slice(validationCount)),
    sae: part(shuffled.slice(gptCount)),
    test: cutOut(sequences, testRanges, vocabulary),
    cut,
  };
  for (const name of ['train', 'validation', 'sae', 'test'] as const) {
    if (parts[name].users.length === 0) {
      throw new UserError(
        `the paper's split of ${ranked.length} users leaves none for ${name}: it needs some dozens of users, whose ` +
          'beginnings differ in time (--split leave-one-out does with fewer)',
      );
    }
  }
  return parts;
}

function usersByFirstTime(sequences: NumberedSequences): Range[] {
  const ranges = sequences.users.map((_, user) => rangeOf(sequences, user));
  return ranges.sort((a, b) => firstTime(sequences, a) - firstTime(sequences, b));
}

function firstTime(sequences: NumberedSequences, range: Range | undefined): number {
  const time = range === undefined ? undefined : sequences.times[range.from];
  if (time === undefined) throw new UserError('the log holds no interaction to train on; import some first');
  return time;
}
