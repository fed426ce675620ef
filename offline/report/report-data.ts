/** What a report is made of: an evaluation, and the dictionaries of one run or of several that differ in their seeds. */
import type { EvaluationDetails, EvaluationReport } from '../evaluate/results.js';
import type { ParetoTable } from '../pareto/table.js';

export interface ReportData {
  readonly evaluation: EvaluationReport & { readonly details: EvaluationDetails };
  /** The first is the evaluation's own run. */
  readonly runs: readonly DictionaryRun[];
}

export interface DictionaryRun {
  readonly run: string;
  readonly table: ParetoTable;
}
