/** `export sae-lens` */
import { type AddCommand, examples } from '../session.js';
import { exportSae } from './export-sae.js';

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
