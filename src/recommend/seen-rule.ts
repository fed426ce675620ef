/** What counts as seen, and is then not recommended. */
import type { Stretch } from '../state/entry-list.js';
import type { UserState } from '../state/user-state.js';

export type SeenRule =
  | { readonly kind: 'exclude' }
  | { readonly kind: 'allow' }
  | { readonly kind: 'days'; readonly days: number };

const DAY = 86_400_000;

/**
 * Where in a history the items are that are not to be listed: hidden ones always, seen ones by the rule. `days` counts back
 * from the user's own newest interaction, not from the clock, so that a list is a function of what it names.
 */
export function excludedStretches({ history }: UserState, rule: SeenRule): readonly Stretch[] {
  const hidden = history.hidden.stretches;
  if (rule.kind === 'allow') return hidden;
  const seen = [...history.older.stretches, ...history.sequence.stretches];
  if (rule.kind === 'exclude') return [...hidden, ...seen];
  const since = history.clock - rule.days * DAY;
  return [...hidden, ...seen.map((stretch) => fromTime(stretch, since))];
}

/** Of a stretch what is not before a time: its end, since times never decrease. */
function fromTime({ piece, from, to }: Stretch, since: number): Stretch {
  let start = from;
  while (start < to && (piece.times[start] ?? 0) < since) start += 1;
  return { piece, from: start, to };
}
