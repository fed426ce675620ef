/** `report` */
import { listOf } from '../../src/terminal/arguments.js';
import { addSplitOption } from '../options.js';
import { type AddCommand, examples } from '../session.js';
import { type ReportParameters, runReport } from './run-report.js';

export const addReport: AddCommand = (program, session) => {
  const command = program
    .command('report')
    .description('what evaluate and pareto measured, as one HTML page with plots, as JSON and as CSV')
    .option(
      '--runs <list>',
      'folders of further runs (pareto): their dictionaries join the curves, seeds as one point with its spread',
      listOf(String),
      [],
    )
    .option('--force', 'write it again even if it is done');
  addSplitOption(command)
    .addHelpText('after', examples('report', 'report --runs runs/seed-2,runs/seed-3'))
    .action((parameters: ReportParameters) => session.withCheckpoints((context) => runReport(context, parameters)));
};
