/** Leave-one-out: of every user with three interactions or more the last is the test, the one before the validation. */
import { at } from '../columns.js';
import { UserError } from '../../src/terminal/user-error.js';
import type { NumberedSequences } from './accepted.js';
import { cutOut, lengthOf, type Range, rangeOf, vocabularyOf } from './ranges.js';
import type { SplitParts } from './sequences.js';

/**
 * `train` is everything before both, where that is two items or more; GPTRec and SAE share it. A user whose target is
 * outside the vocabulary is left out of that part: another item must not become the target.
 */
export function leaveOneOut(sequences: NumberedSequences): SplitParts {
  const users = sequences.users.map((_, user) => rangeOf(sequences, user)).filter((range) => lengthOf(range) >= 3);
  const trainRanges = users.map((range) => shortened(range, 2)).filter((range) => lengthOf(range) >= 2);
  if (trainRanges.length === 0) {
    throw new UserError(`no user of the log has the four interactions that leave-one-out needs to train on`);
  }
  const vocabulary = vocabularyOf(sequences, trainRanges);
  const targetKnown = ({ to }: Range): boolean => at(vocabulary.index, at(sequences.items, to - 1)) >= 0;
  const held = (leftOut: number) => {
    const ranges = users.map((range) => shortened(range, leftOut));
    return cutOut(sequences, ranges.filter(targetKnown), vocabulary);
  };
  const train = cutOut(sequences, trainRanges, vocabulary);
  return { items: vocabulary.items, train, sae: train, validation: held(1), test: held(0) };
}

function shortened(range: Range, count: number): Range {
  return { ...range, to: range.to - count };
}
