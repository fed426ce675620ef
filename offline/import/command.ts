/** `import movielens|csv|synthetic` */
import { type Command, Option } from 'commander';
import { numberBetween } from '../../src/terminal/arguments.js';
import { type AddCommand, examples, type Session } from '../session.js';
import { type CsvOptions, TIME_UNITS } from './csv.js';
import { runImportCsv, runImportMovieLens, runImportSynthetic } from './run-import.js';
import { DEFAULT_SYNTHETIC, describeParameter, type SyntheticParameters } from './synthetic-parameters.js';

export const addImport: AddCommand = (program, session) => {
  const command = program
    .command('import')
    .description('write interactions and catalogue into the log, as any producer would');
  addMovieLens(command, session);
  addCsv(command, session);
  addSynthetic(command, session);
};

function addMovieLens(command: Command, session: Session): void {
  command
    .command('movielens')
    .description('MovieLens 1M and 10M (.dat), 20M and later (.csv), plain or gzipped')
    .argument('<dir>', 'folder that holds ratings and movies')
    .addHelpText('after', examples('import movielens ml-1m', 'import movielens ml-25m --dir runs/ml-25m'))
    .action((folder: string) => session.withLog('make', (context) => runImportMovieLens(context, folder)));
}

function addCsv(command: Command, session: Session): void {
  command
    .command('csv')
    .description('your own history: CSV files with a header line, plain or gzipped')
    .requiredOption('--interactions <file>', 'one interaction a line, in any order')
    .option('--items <file>', 'one item a line; without it the catalogue stays as it is')
    .option('--user <column>', 'user id', 'user')
    .option('--item <column>', 'item id, in both files', 'item')
    .option('--time <column>', 'when it happened', 'time')
    .addOption(
      new Option('--time-unit <unit>', 'seconds or ms since 1970, or ISO 8601').choices(TIME_UNITS).default('s'),
    )
    .option('--kind <column>', 'kind of interaction; without it every one is a "view"')
    .option('--value <column>', 'a number, such as a rating')
    .option('--separator <text>', 'between two columns', ',')
    .option('--title <column>', 'of an item')
    .option('--attributes <columns>', 'of an item, by commas: column genre makes attributes genre/<value>', listOf, [])
    .option('--multi-separator <text>', 'between several values of an attribute', '|')
    .addHelpText(
      'after',
      examples(
        'import csv --interactions plays.csv --user listener --item track --time played_at --time-unit iso',
        'import csv --interactions views.csv.gz --items films.csv --title name --attributes genre,mood',
      ),
    )
    .action((options: CsvOptions) => session.withLog('make', (context) => runImportCsv(context, options)));
}

function addSynthetic(command: Command, session: Session): void {
  const synthetic = command
    .command('synthetic')
    .description('a seeded synthetic catalogue and log; docs/synthetic.md explains every parameter')
    .addHelpText('after', examples('import synthetic', 'import synthetic --users 5000 --seed 2 --dir runs/synthetic'));
  for (const [name, value] of Object.entries(DEFAULT_SYNTHETIC)) {
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const number = numberBetween(name === 'seed' ? Number.MIN_SAFE_INTEGER : 0, Number.MAX_SAFE_INTEGER);
    synthetic.option(`--${flag} <number>`, describeParameter(name), number, value);
  }
  synthetic.action((parameters: SyntheticParameters) =>
    session.withLog('make', (context) => runImportSynthetic(context, parameters)),
  );
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
