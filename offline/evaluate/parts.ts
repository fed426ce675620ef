/**
 * The parts of an evaluation. Each is a step of its own: an interrupted evaluation goes on after its last finished
 * part, and a changed parameter measures again only the parts that depend on it.
 */
import { join } from 'node:path';
import type { Json } from '../canonical-json.js';
import { breathe } from '../context.js';
import { runStep } from '../step.js';

/**
 * Inputs do not say by which code they were measured: the number of a part goes up when its code would make other
 * figures of the same inputs. `part-versions.test.ts` fails where figures change and the number does not.
 */
export const PART_VERSIONS = {
  rankings: 1,
  interpretability: 1,
  sweep: 1,
  equalizer: 1,
  dictionary: 1,
  neurons: 1,
  floor: 2,
  features: 4,
  lists: 2,
  probe: 1,
} as const;
export type PartKind = keyof typeof PART_VERSIONS;

export interface PartsOptions {
  /** Of all parts; each part has a folder below it. */
  readonly folder: string;
  readonly force: boolean;
  readonly signal: AbortSignal;
  /** Called with the name of each part before it is measured. */
  readonly report: (part: string) => void;
}

export class Parts<Kind extends string = PartKind> {
  readonly #options: PartsOptions;
  readonly #versions: Readonly<Record<Kind, number>>;

  constructor(versions: Readonly<Record<Kind, number>>, options: PartsOptions) {
    this.#versions = versions;
    this.#options = options;
  }

  /**
   * @param which tells it from others of its kind
   * @param inputs all that the part depends on, beside its kind's version
   * @throws the signal's reason when it is aborted
   */
  async measure<S extends Json>(kind: Kind, which: string, inputs: Json, work: () => S): Promise<S> {
    const { folder, force, signal, report } = this.#options;
    const name = which === '' ? kind : `${kind} ${which}`;
    report(name);
    await breathe(signal);
    const step = {
      name,
      // Attributes hold slashes.
      folder: join(folder, encodeURIComponent(name)),
      inputs: { version: this.#versions[kind], of: inputs },
      run: (): Promise<S> => Promise.resolve(work()),
    };
    return (await runStep(step, { force, print: () => undefined })).summary;
  }
}
