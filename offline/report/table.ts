/** A table of a report. */

export type Cell = string | number | null;

export interface Table {
  /** Names its CSV file. */
  readonly id: string;
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Too long for the page: only in the CSV file. */
  readonly isHidden?: boolean;
}
