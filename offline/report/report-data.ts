/**
 * What a report is made of: an evaluation, the dictionaries of one run or of several that differ in their seeds, and
 * comparisons of methods of steering.
 */
import type { EvaluationDetails, EvaluationReport } from '../evaluate/results.js';
import type { ParetoTable } from '../pareto/table.js';
import type { SteeringComparison } from '../steering/report.js';

export interface ReportData {
  readonly evaluation: EvaluationReport & { readonly details: EvaluationDetails };
  /** The first is the evaluation's own run. */
  readonly runs: readonly DictionaryRun[];
  /** Of attributes, and of concepts without labels, where they were made. */
  readonly comparisons: readonly SteeringComparison[];
}

export interface DictionaryRun {
  readonly run: string;
  readonly table: ParetoTable;
}
