/** Searches one mix of faults under some rules. */
import { isQuiet, storeFault } from './invariants.js';
import { keyOf } from './key.js';
import { movesOf } from './moves.js';
import { type Mix, QUIET, type RuleName, rulesWithout } from './rules.js';
import { type Result, search } from './search.js';
import { initial, type State } from './state.js';

const MOST_STATES = 400_000;

/**
 * A mix is told by what it differs in from a world without faults; `left`: the rules that are left out.
 * @throws Error when there are more than `most` states
 */
export function check(changes: Partial<Mix>, left: readonly RuleName[] = [], most = MOST_STATES): Result {
  const mix: Mix = { ...QUIET, ...changes };
  const rules = rulesWithout(...left);
  return search<State>(
    {
      initial: initial(mix),
      keyOf: (state) => keyOf(rules, state),
      movesOf: (state) => movesOf(mix, rules, state),
      faultOf: (state) => storeFault(mix, state),
      // Whether a stop was right is judged where it happens.
      isGoal: (state) => isQuiet(mix, state) || state.owners[state.assigned].phase === 'stopped',
    },
    most,
  );
}
