/** Which attributes are compared. */
import type { Split } from '../dataset/split.js';
import { casesOf, type TestCase } from '../evaluate/cases.js';
import { everyCase } from '../methods/learning-cases.js';
import type { Asked } from './know.js';
import type { Roles } from './roles.js';
import { WISHED } from './steering-data.js';

export interface NamedAttribute extends Asked {
  readonly name: string;
}

export interface AskedFor {
  /** Names; empty: all that enough items bear. */
  readonly attributes: readonly string[];
  readonly minItems: number;
}

/** Those that were asked for, else those that enough items bear; without those that a part of the users has no case of. */
export function attributesToCompare(
  { attributeNames, attributeItems }: Split,
  { teaching, choosing, judging }: Roles,
  { attributes, minItems }: AskedFor,
  print: (line: string) => void,
): readonly NamedAttribute[] {
  const parts: readonly (readonly TestCase[])[] = [
    everyCase(casesOf(teaching)),
    everyCase(casesOf(choosing), WISHED),
    judging.cases,
  ];
  const taken = parts.map((cases) => new Set(cases.map(({ target }) => target)));
  const all = attributeNames.map((name, attribute) => ({
    name,
    attribute,
    items: attributeItems[attribute] ?? new Int32Array(),
  }));
  const wanted = all.filter(({ name, items }) =>
    attributes.length > 0 ? attributes.includes(name) : items.length >= minItems,
  );
  const hasCases = ({ items }: Asked): boolean => taken.every((targets) => items.some((item) => targets.has(item)));
  const leftOut = wanted.filter((one) => !hasCases(one));
  if (leftOut.length > 0) {
    const names = leftOut.map(({ name }) => name).join(', ');
    print(`steering: left out, since no user who teaches, or chooses, or judges took an item that bears it: ${names}`);
  }
  return wanted.filter(hasCases);
}
