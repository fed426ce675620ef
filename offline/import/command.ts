/** `import movielens|csv|synthetic` */
import { type Command, Option } from 'commander';
import { type AddCommand, examples, type Session } from '../session.js';
import { addParameterOptions } from '../world-parameters.js';
import { type MappingFlags, mappingOf } from './mapping-flags.js';
import { runImportCsv, runImportMovieLens, runImportSynthetic } from './run-import.js';
import { TIME_UNITS } from './tables/row.js';
import { DEFAULT_SYNTHETIC, type SyntheticParameters, SyntheticParametersSchema } from './synthetic-parameters.js';

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
    .option('--attributes <file...>', 'further attributes: a column item, and one for each of language, series, ...')
    .addHelpText('after', examples('import movielens ml-1m', 'import movielens ml-1m --attributes languages.csv'))
    .action((folder: string, { attributes }: { readonly attributes?: string[] }) =>
      session.withLog('make', (context) => runImportMovieLens(context, folder, attributes)),
    );
}

function addCsv(command: Command, session: Session): void {
  command
    .command('csv')
    .description('your own history: CSV files (plain or gzipped), Parquet (.parquet) or Avro (.avro); docs/import.md')
    .option('--mapping <file>', 'JSON that says all that these options say, and more; what is said here wins')
    .option('--interactions <file>', 'one interaction a line, in any order')
    .option('--items <file>', 'one item a line; without it the catalogue stays as it is')
    .option('--attributes <file...>', 'joins further attributes to the items, one column each')
    .option('--user <column>', 'user id (default: user)')
    .option('--item <column>', 'item id, in every file (default: item)')
    .option('--time <column>', 'when it happened (default: time)')
    .addOption(new Option('--time-unit <unit>', 'units since 1970, or ISO 8601 (default: s)').choices(TIME_UNITS))
    .option('--kind <column>', 'kind of interaction; without it every one is a "view"')
    .option('--value <column>', 'a number, such as a rating')
    .option('--separator <text>', 'between two columns of CSV, such as ";" or tab (default: ,)')
    .option('--title <column>', 'of an item')
    .option(
      '--attribute-columns <columns>',
      'of an item, by commas: column genre makes attributes genre/<value>',
      listOf,
    )
    .option('--multi-separator <text>', 'between several values in one of these columns (default: |)')
    .option('--decade <column>', 'of an item: its year or date, for attributes such as decade/1980')
    .addHelpText(
      'after',
      examples(
        'import csv --interactions plays.csv --user listener --item track --time played_at --time-unit iso',
        'import csv --interactions views.parquet --items films.csv --title name --attribute-columns genre,mood',
        'import csv --items films.csv --title name --attributes series.csv languages.csv',
        'import csv --mapping music.json',
      ),
    )
    .action(async (flags: MappingFlags) => {
      const mapping = await mappingOf(flags);
      await session.withLog('make', (context) => runImportCsv(context, mapping));
    });
}

function addSynthetic(command: Command, session: Session): void {
  const synthetic = command
    .command('synthetic')
    .description('a seeded synthetic catalogue and log; docs/synthetic.md explains every parameter')
    .addHelpText('after', examples('import synthetic', 'import synthetic --users 5000 --seed 2 --dir runs/synthetic'));
  addParameterOptions(synthetic, SyntheticParametersSchema, DEFAULT_SYNTHETIC);
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
