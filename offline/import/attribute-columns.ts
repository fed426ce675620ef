/** Attributes out of the columns of a row. */
import { MAX_ATTRIBUTE_LENGTH } from '../../src/events/contracts.js';
import { decadeOf } from './decade.js';
import type { AttributeColumn } from './mapping.js';
import type { Row } from './tables/row.js';

/** `<name>/<value>` for every value of every column, and the decade of the column that names a year. */
export function attributesOf(row: Row, columns: readonly AttributeColumn[], decade: string | undefined): string[] {
  const named = columns.flatMap(({ column, name, separator }) =>
    row.several(column, separator).map((value) => row.within(column, `${name}/${value}`, MAX_ATTRIBUTE_LENGTH)),
  );
  const derived = decade === undefined ? undefined : decadeOf(row.text(decade));
  return derived === undefined ? named : [...named, derived];
}
