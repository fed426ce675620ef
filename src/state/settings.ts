/** The reducer settings as the text that is stored with the states made under them. */
import type { ReducerSettings } from './user-state.js';

/** What the reducers do with a record. Raise it with any change that could give another state for the same log. */
const RULES = 1;

/** The same text for the same settings, whatever the order of their keys; another one where states could differ. */
export function canonicalSettings(settings: ReducerSettings): string {
  const kinds = Object.entries(settings.kinds).sort(([a], [b]) => (a < b ? -1 : 1));
  const { sequenceLength, seenItems, hiddenItems, recentEvents } = settings;
  return JSON.stringify({ rules: RULES, sequenceLength, seenItems, hiddenItems, recentEvents, kinds });
}
