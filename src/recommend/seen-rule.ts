/** What counts as seen, and is then not recommended. */
import type { UserState } from '../state/user-state.js';

export type SeenRule =
  | { readonly kind: 'exclude' }
  | { readonly kind: 'allow' }
  | { readonly kind: 'days'; readonly days: number };

const DAY = 86_400_000;

/**
 * Item ids not to be listed: hidden ones always, seen ones by the rule. `days` counts back from the user's own newest
 * interaction, not from the clock, so that a list is a function of what it names.
 */
export function* excludedItems({ history }: UserState, rule: SeenRule): Generator<string> {
  for (const { itemId } of history.hidden) yield itemId;
  if (rule.kind === 'allow') return;
  const since = rule.kind === 'days' ? history.clock - rule.days * DAY : Number.NEGATIVE_INFINITY;
  for (const entries of [history.older, history.sequence]) {
    for (const { itemId, at } of entries) if (at >= since) yield itemId;
  }
}
