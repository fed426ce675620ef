/** The dataset step: a snapshot of the log becomes a split on disk. */
import { join } from 'node:path';
import type { OfflineContext } from '../context.js';
import { groups } from '../../src/terminal/progress.js';
import { runStep, type StepResult } from '../step.js';
import { leaveOneOut } from './leave-one-out.js';
import { paperSplit } from './paper-split.js';
import { describe, readCatalogue } from './read-catalogue.js';
import { readInteractions } from './read-interactions.js';
import { saveSplit, type Split, type SplitKind, type UserSequences } from './split.js';
import { takeSnapshot } from './snapshot.js';

/** Goes up when the same snapshot would lead to another split. */
const VERSION = 1;

export interface DatasetParameters {
  readonly split: SplitKind;
  readonly seed: number;
  readonly force?: boolean;
}

/** Users of every part, and what else one wants to know of a dataset at a glance. */
export interface DatasetSummary {
  readonly [name: string]: number | string | null;
  readonly items: number;
  readonly attributes: number;
  readonly train: number;
  readonly validation: number;
  readonly sae: number;
  readonly test: number;
  readonly trainInteractions: number;
  /** Start of the test, ISO 8601; null for leave-one-out. */
  readonly testFrom: string | null;
  readonly refused: number;
  readonly leftOut: number;
}

/** Where the split of this kind lies. */
export function datasetFolder(dir: string, split: SplitKind): string {
  return join(dir, 'dataset', split);
}

/** Makes the split, or says that it is there already. */
export async function runDataset(
  context: OfflineContext,
  parameters: DatasetParameters,
): Promise<StepResult<DatasetSummary>> {
  const { config, log, print } = context;
  const { split: kind, seed, force = false } = parameters;
  const { interactions, profiles, catalogue } = config.topics;
  const { snapshot, fingerprint } = await takeSnapshot(log, [interactions, profiles, catalogue]);
  const { kinds } = config.reducer;
  const step = {
    name: 'dataset',
    folder: datasetFolder(context.dir, kind),
    inputs: { version: VERSION, split: kind, seed, kinds, snapshot, fingerprint },
    run: async (folder: string): Promise<DatasetSummary> => {
      const { accepted, refused, leftOut } = await readInteractions(context, snapshot);
      const sequences = accepted.byUser();
      const { cut, ...parts } =
        kind === 'paper' ? paperSplit(sequences, seed) : { ...leaveOneOut(sequences), cut: null };
      const described = describe(parts.items, await readCatalogue(context, snapshot));
      const split: Split = { kind, seed, snapshot, ...parts, ...described };
      await saveSplit(folder, split);
      return summarise(split, { refused, leftOut, testFrom: cut === null ? null : new Date(cut).toISOString() });
    },
  };
  const result = await runStep(step, { force, print });
  print(sentence(kind, result.summary));
  return result;
}

function summarise(split: Split, rest: Pick<DatasetSummary, 'refused' | 'leftOut' | 'testFrom'>): DatasetSummary {
  const count = (part: UserSequences): number => part.users.length;
  return {
    items: split.items.length,
    attributes: split.attributeNames.length,
    train: count(split.train),
    validation: count(split.validation),
    sae: count(split.sae),
    test: count(split.test),
    trainInteractions: split.train.items.length,
    ...rest,
  };
}

function sentence(kind: SplitKind, summary: DatasetSummary): string {
  const { train, validation, sae, test, items, testFrom, refused } = summary;
  const users = `users: ${groups(train)} train, ${groups(validation)} validation, ${groups(sae)} SAE, ${groups(test)} test`;
  const more = `${testFrom === null ? '' : `, test from ${testFrom}`}${refused > 0 ? `, ${groups(refused)} bad records` : ''}`;
  return `dataset (${kind}): ${users}; ${groups(items)} items${more}`;
}
