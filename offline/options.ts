/** Options that several commands share. */
import { type Command, Option } from 'commander';
import { SPLIT_KINDS } from './dataset/sequences.js';

const RUNTIME_CHOICES = ['auto', 'tensorflow', 'wasm'] as const;

export type RuntimeChoice = (typeof RUNTIME_CHOICES)[number];

export interface RuntimeOptions {
  readonly runtime: RuntimeChoice;
}

export const addSplitOption = (command: Command): Command =>
  command.addOption(new Option('--split <kind>', 'which dataset').choices(SPLIT_KINDS).default('paper'));

export const addRuntimeOption = (command: Command): Command =>
  command.addOption(
    new Option('--runtime <name>', 'auto takes native TensorFlow where `npm run native` prepared it')
      .choices(RUNTIME_CHOICES)
      .default('auto'),
  );
