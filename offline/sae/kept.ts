/**
 * Every dictionary that was ever trained in a run, found again by what it was made from: another choice of dictionaries
 * trains only those that are new.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, type Json, jsonHash } from '../canonical-json.js';
import { writeFileAtomic } from '../files.js';
import { readStep, runStep } from '../step.js';
import type { SaeShape } from '../../src/model/shapes.js';
import type { Coding } from './coding.js';
import type { DictionarySettings } from './dictionary.js';

const WEIGHTS = 'dictionary.safetensors';

/** What `step.json` of a kept dictionary says. */
type Kept = { readonly coding: Coding; readonly shape: SaeShape };

export interface KeptDictionary extends Kept {
  readonly weights: Uint8Array;
}

export class KeptDictionaries {
  /** @param common what all of them are made from, beside their settings */
  constructor(
    private readonly folder: string,
    private readonly common: Readonly<Record<string, Json>>,
  ) {}

  /** Hash of all that the dictionary is made from; its name does not count. */
  origin(settings: DictionarySettings): string {
    return jsonHash(this.inputs(settings));
  }

  /** Undefined where it was not trained yet. */
  async find(settings: DictionarySettings): Promise<KeptDictionary | undefined> {
    const folder = this.folderOf(settings);
    const record = await readStep<Kept>(folder);
    if (record === undefined || canonicalJson(record.inputs) !== canonicalJson(this.inputs(settings))) return undefined;
    return { ...record.summary, weights: await readFile(join(folder, WEIGHTS)) };
  }

  async keep(settings: DictionarySettings, { weights, coding, shape }: KeptDictionary): Promise<void> {
    const step = {
      name: 'dictionary',
      folder: this.folderOf(settings),
      inputs: this.inputs(settings),
      run: async (folder: string): Promise<Kept> => {
        await writeFileAtomic(join(folder, WEIGHTS), weights);
        return { coding, shape };
      },
    };
    await runStep(step, { force: true, print: () => undefined });
  }

  private inputs({ name: _, place, ...settings }: DictionarySettings): Json {
    return JSON.parse(canonicalJson({ ...this.common, ...settings, place: { ...place } })) as Json;
  }

  private folderOf(settings: DictionarySettings): string {
    return join(this.folder, this.origin(settings).slice(0, 16));
  }
}
