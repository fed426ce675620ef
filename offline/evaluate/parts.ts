/**
 * The parts of an evaluation. Each is a step of its own: an interrupted evaluation goes on after its last finished
 * part, and a changed parameter measures again only the parts that depend on it.
 */
import { join } from 'node:path';
import type { Json } from '../canonical-json.js';
import { breathe } from '../context.js';
import { runStep } from '../step.js';

export interface PartsOptions {
  /** Of all parts; each part has a folder below it. */
  readonly folder: string;
  readonly force: boolean;
  readonly signal: AbortSignal;
  /** Called with the name of each part before it is measured. */
  readonly report: (part: string) => void;
}

export class Parts {
  readonly #options: PartsOptions;

  constructor(options: PartsOptions) {
    this.#options = options;
  }

  /** @param inputs all that the part depends on @throws the signal's reason when it is aborted */
  async measure<S extends Json>(name: string, inputs: Json, work: () => S): Promise<S> {
    const { folder, force, signal, report } = this.#options;
    report(name);
    await breathe(signal);
    const step = {
      name,
      // Attributes hold slashes.
      folder: join(folder, encodeURIComponent(name)),
      inputs,
      run: (): Promise<S> => Promise.resolve(work()),
    };
    return (await runStep(step, { force, print: () => undefined })).summary;
  }
}
