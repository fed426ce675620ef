import { OwnershipLost } from '../ports/errors.js';
import type { Fenced } from '../ports/state-store.js';

/**
 * The value of a fenced call.
 * @throws OwnershipLost when it was refused: another owner is at work, or the store is not where we left it
 */
export function granted<T>(answer: Fenced<T>, call: string): T {
  if (answer.ok) return answer.value;
  const why = answer.refused === 'token' ? 'another owner claimed the task' : 'the marker is not at our position';
  throw new OwnershipLost(`the state store refused to ${call}: ${why}`);
}
