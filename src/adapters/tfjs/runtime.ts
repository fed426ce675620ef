/**
 * Which tensor runtime serves TensorFlow.js: native TensorFlow where `npm run native` prepared it, else WebAssembly,
 * which comes with npm alone. Opened once a process.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

const require = createRequire(import.meta.url);

export type RuntimeName = 'tensorflow' | 'wasm';
export type RuntimeChoice = RuntimeName | 'auto';

export interface Runtime {
  readonly name: RuntimeName;
  /** For people. */
  readonly description: string;
}

const packageFolder = (name: string): string => path.dirname(require.resolve(`${name}/package.json`));

/** Where @tensorflow/tfjs-node-gpu looks for its native addon. */
export function addonPath(): string {
  return path.join(packageFolder('@tensorflow/tfjs-node-gpu'), 'lib', 'napi-v8', 'tfjs_binding.node');
}

/** The runtime that was asked for is not there; the message says how to get it. */
export class RuntimeMissing extends Error {
  override readonly name = 'RuntimeMissing';
}

/**
 * `auto` takes the fastest that is present.
 * @param threads of one operation of native TensorFlow, where the environment's TF_NUM_INTRAOP_THREADS does not say; by
 *   default as many as there are cores
 * @throws RuntimeMissing when `tensorflow` is asked for and not prepared.
 */
export async function openRuntime(choice: RuntimeChoice, threads?: number): Promise<Runtime> {
  const name = choice === 'auto' ? (existsSync(addonPath()) ? 'tensorflow' : 'wasm') : choice;
  if (threads !== undefined) process.env['TF_NUM_INTRAOP_THREADS'] ??= String(threads);
  if (name === 'tensorflow') loadNative();
  else setWasmPaths(`${packageFolder('@tensorflow/tfjs-backend-wasm')}/dist/`);
  if (!(await tf.setBackend(name))) throw new Error(`the ${name} runtime did not start`);
  await tf.ready();
  return { name, description: name === 'wasm' ? 'WebAssembly' : 'native TensorFlow' };
}

function loadNative(): void {
  if (!existsSync(addonPath())) {
    throw new RuntimeMissing('native TensorFlow is not prepared: run `npm run native -- cpu` (or gpu), or choose wasm');
  }
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  restoreRemovedUtilities();
  withoutArguments(() => require('@tensorflow/tfjs-node-gpu'));
}

/** The package finds its addon through a tool that would read this process's arguments, such as --dir, as its own. */
function withoutArguments(load: () => unknown): void {
  const given = process.argv;
  process.argv = given.slice(0, 2);
  try {
    load();
  } finally {
    process.argv = given;
  }
}

/** The package of 2022 calls functions of node:util that Node 23 removed. */
function restoreRemovedUtilities(): void {
  const removed: Record<string, (value: unknown) => boolean> = {
    isArray: Array.isArray,
    isNullOrUndefined: (value) => value === null || value === undefined,
  };
  for (const [name, stand] of Object.entries(removed)) {
    if (!(name in util)) Object.defineProperty(util, name, { value: stand, configurable: true });
  }
}
