/**
 * A resumable step: a folder of results made from inputs that can be named.
 *
 *   no folder, or made from other inputs  -> emptied, marked `step.started.json`, run
 *   started from the same inputs          -> run again in the same folder: what lies there may be used to go on
 *   `step.json` of the same inputs        -> nothing to do
 *
 * `step.json` is written last and whole: where it is, the results are complete.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, type Json, jsonHash } from './canonical-json.js';
import { writeFileAtomic } from './files.js';
import { UserError } from '../src/terminal/user-error.js';

const FINISHED = 'step.json';
const STARTED = 'step.started.json';

export interface Step<S extends Json> {
  readonly name: string;
  /** Belongs to this step alone: it may be emptied. */
  readonly folder: string;
  /** Everything that the results depend on: sources and parameters. */
  readonly inputs: Json;
  /** Makes the results in the folder and says in short what came out. Looks at the signal in long work. */
  run(folder: string): Promise<S>;
}

export interface StepOptions {
  /** Runs even if it is finished. */
  readonly force?: boolean;
  readonly print: (line: string) => void;
}

export interface StepResult<S> {
  readonly folder: string;
  readonly hash: string;
  /** It was finished before: nothing was done. */
  readonly skipped: boolean;
  readonly summary: S;
}

/** What `step.json` holds. */
export interface StepRecord<S> {
  readonly name: string;
  readonly inputs: Json;
  readonly hash: string;
  readonly finishedAt: string;
  readonly summary: S;
}

/** Runs the step unless its results are there already. */
export async function runStep<S extends Json>(step: Step<S>, options: StepOptions): Promise<StepResult<S>> {
  const { name, folder } = step;
  // As it will be read back: a hash must not see members that JSON drops.
  const inputs = JSON.parse(canonicalJson(step.inputs)) as Json;
  const hash = jsonHash({ name, inputs });
  const finished = await readStep<S>(folder);
  if (finished?.hash === hash && options.force !== true) {
    options.print(`${name}: already done with the same inputs in ${folder} (--force runs it again)`);
    return { folder, hash, skipped: true, summary: finished.summary };
  }
  const started = await readJson<{ hash: string }>(join(folder, STARTED));
  if (started?.hash === hash && options.force !== true) {
    options.print(`${name}: going on in ${folder}`);
  } else {
    await emptyOwnFolder(name, folder);
    await writeFileAtomic(join(folder, STARTED), `${JSON.stringify({ name, inputs, hash }, null, 2)}\n`);
  }
  const summary = await step.run(folder);
  const record: StepRecord<S> = { name, inputs, hash, finishedAt: new Date().toISOString(), summary };
  await writeFileAtomic(join(folder, FINISHED), `${JSON.stringify(record, null, 2)}\n`);
  await rm(join(folder, STARTED), { force: true });
  return { folder, hash, skipped: false, summary };
}

/** The record of a finished step; undefined where there is none. */
export async function readStep<S>(folder: string): Promise<StepRecord<S> | undefined> {
  return readJson<StepRecord<S>>(join(folder, FINISHED));
}

/** Removes the folder only when it is this step's own. */
async function emptyOwnFolder(name: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const present = await readdir(folder);
  if (present.length > 0 && !present.includes(FINISHED) && !present.includes(STARTED)) {
    throw new UserError(`${name}: ${folder} holds files that are not this step's; move them or choose another --dir`);
  }
  await rm(folder, { recursive: true });
  await mkdir(folder, { recursive: true });
}

/** Undefined for a missing file; a file that is no JSON counts as missing, since it was not written by us whole. */
async function readJson<T>(file: string): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}
