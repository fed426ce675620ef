/** `export sae-lens`, `import-weights gptrec` and `import-weights sae` */
import { Option } from 'commander';
import { addRuntimeOption, addSplitOption, type RuntimeOptions } from '../options.js';
import { type AddCommand, examples } from '../session.js';
import { exportSae } from './export-sae.js';
import { importGptRec, type ImportGptRecParameters, MISSING } from './import-gptrec.js';
import { importSae, type ImportSaeParameters } from './import-sae.js';

export const addExport: AddCommand = (program, session) => {
  const command = program.command('export').description('write parts of a checkpoint as other tools read them');
  command
    .command('sae-lens')
    .description('the SAE as SAELens loads it from disk: cfg.json and sae_weights.safetensors')
    .argument('<dir>', 'folder of the checkpoint')
    .argument('<to>', 'folder to write to')
    .addHelpText('after', examples('export sae-lens .steerstream/checkpoints/000001 sae'))
    .action((folder: string, to: string) => exportSae(folder, to, (line) => session.print(line)));
};

export const addImportWeights: AddCommand = (program, session) => {
  const command = program
    .command('import-weights')
    .description(
      'take over a GPTRec or an SAE that was trained elsewhere, from safetensors, by a mapping (docs/model.md)',
    );
  const gptrec = command
    .command('gptrec')
    .description('in the place of train; the steps after it are the same')
    .argument('<mapping>', 'JSON: which tensor is which, and the vocabulary')
    .addOption(
      new Option(
        '--missing <what>',
        "with items of the dataset that the model does not know: refuse, or the items' mean",
      )
        .choices(MISSING)
        .default('refuse'),
    )
    .option('--force', 'import again even if it is done');
  addRuntimeOption(addSplitOption(gptrec))
    .addHelpText('after', examples('import-weights gptrec gpt2.json', 'ranking'))
    .action((mapping: string, { runtime, ...parameters }: ImportGptRecParameters & RuntimeOptions) =>
      session.withRuntime(runtime, (context) => importGptRec(context, mapping, parameters)),
    );
  const sae = command
    .command('sae')
    .description('in the place of sae; the steps after it are the same')
    .argument('<mapping>', 'JSON: which tensor is which, what it reads and how its encoder ends')
    .option('--force', 'import again even if it is done');
  addRuntimeOption(addSplitOption(sae))
    .addHelpText('after', examples('import-weights sae sae.json', 'calibrate'))
    .action((mapping: string, { runtime, ...parameters }: ImportSaeParameters & RuntimeOptions) =>
      session.withRuntime(runtime, (context) => importSae(context, mapping, parameters)),
    );
};
