/**
 * Parts that were measured before are not measured again, so changed code has to raise the version of what it measures
 * otherwise. Here every part is measured on one small model: what comes out must change together with its version.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openRuntime } from '../../src/adapters/tfjs/runtime.js';
import { tinyCheckpoint } from '../../test/builders/checkpoint.js';
import { temporaryFolder } from '../../test/builders/folder.js';
import { circleSplit, sequencesOf } from '../../test/builders/split.js';
import { tinyModel } from '../../test/builders/tensors.js';
import { jsonHash } from '../canonical-json.js';
import { measureDictionary } from '../pareto/measure.js';
import { neuronCorrelation, TestActivations } from '../pareto/places.js';
import type { LoadedDictionary } from '../sae/run-sae.js';
import { evaluate } from './evaluation.js';
import { PART_VERSIONS, type PartKind, Parts } from './parts.js';

/** Of each part: its version, and a hash of its figures at three digits. */
const KNOWN: Readonly<Record<PartKind, string>> = {
  rankings: '1 6740ca781936',
  interpretability: '1 8b37dbd99370',
  sweep: '1 1718db5ff1dd',
  equalizer: '1 397ff44d0cbd',
  dictionary: '1 6fe5f175ab79',
  neurons: '1 a2f3cb8bad5f',
  floor: '2 46b3d6531095',
  features: '4 cbf9e2b942ab',
  lists: '2 3d54679cc06e',
  probe: '1 d00bb506cd08',
};

const checkpoint = tinyCheckpoint(3);
/** Enough users that features are active at a hundred positions. */
const walks = Array.from({ length: 60 }, (_, user) =>
  Array.from({ length: 7 }, (__, t) => (user * 5 + t * (1 + (user % 4))) % 12),
);
const split = {
  ...circleSplit(),
  test: sequencesOf(walks),
  attributeNames: checkpoint.attributes.names,
  attributeItems: checkpoint.attributes.items,
};

async function measureAll(): Promise<Record<string, string>> {
  const { gptrec: shape, sae: saeShape } = checkpoint.manifest;
  const loaded: LoadedDictionary = { split, shape, model: tinyModel(checkpoint), name: 'tiny', saeShape };
  const folder = temporaryFolder();
  const signal = new AbortController().signal;
  const parts = new Parts(PART_VERSIONS, { folder, force: false, signal, report: () => undefined });
  const attributes = [...split.attributeNames];
  const settings = { calibrate: 1, brief: false, dictionary: 1, attributes, strengths: [-4, 0, 4], seed: 1 };
  await evaluate(loaded, checkpoint.steeringMap, settings, parts);
  const set = new TestActivations(loaded).at(saeShape);
  await parts.measure('neurons', '', 1, () => neuronCorrelation(loaded, set));
  await parts.measure('dictionary', '', 1, () => measureDictionary(loaded, set));
  const found: Record<string, unknown[]> = {};
  for (const name of readdirSync(folder).sort()) {
    const record = JSON.parse(readFileSync(join(folder, name, 'step.json'), 'utf8')) as { summary: unknown };
    const kind = decodeURIComponent(name).split(' ')[0] ?? '';
    found[kind] = [...(found[kind] ?? []), record.summary];
  }
  return Object.fromEntries(
    Object.entries(found).map(([kind, values]) => [
      kind,
      `${PART_VERSIONS[kind as PartKind]} ${jsonHash(JSON.parse(JSON.stringify(values, rounded)) as string[]).slice(0, 12)}`,
    ]),
  );
}

/** Not to the last digits, which may differ from machine to machine. */
const rounded = (_: string, value: unknown): unknown =>
  typeof value === 'number' ? Math.round(value * 1000) / 1000 + 0 : value;

describe('the versions of the parts', () => {
  beforeAll(() => openRuntime('wasm'));

  it('go up when what the parts measure changes: raise PART_VERSIONS, then write what is found here', async () => {
    expect(await measureAll()).toEqual(KNOWN);
  });
});
