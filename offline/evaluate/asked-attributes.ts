/** Attributes that a user asks for by name. */
import { UserError } from '../../src/terminal/user-error.js';
import type { Split } from '../dataset/split.js';

/** @throws UserError for a name that no item bears */
export function requireAttributes({ attributeNames }: Pick<Split, 'attributeNames'>, asked: readonly string[]): void {
  const unknown = asked.find((attribute) => !attributeNames.includes(attribute));
  if (unknown !== undefined) throw new UserError(`no item bears ${unknown}; there are ${attributeNames.join(', ')}`);
}
