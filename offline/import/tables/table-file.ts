/** A file of rows, and how its text is to be read where it is one. */

export interface TableFile {
  readonly file: string;
  /** CSV: between two columns. */
  readonly separator: string;
  /** CSV: around a text that holds separators; empty where quotes are letters as any other. */
  readonly quote: string;
  /** CSV: of its letters. */
  readonly encoding: 'utf8' | 'latin1';
  /** CSV without a header line: the columns' names. */
  readonly columns?: readonly string[] | undefined;
}

/** Which columns are needed, given those that there are. */
export type ChooseColumns = (columns: readonly string[]) => readonly string[];
