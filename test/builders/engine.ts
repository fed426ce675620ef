/** Engines on the compiled worker: `npm test` compiles before it tests. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { OnnxEngineOptions } from '../../src/adapters/onnx/onnx-engine.js';
import { createOnnxEngine } from '../../src/adapters/onnx/onnx-engine.js';
import type { Engine, EngineBatch, EngineObserver, EngineRequest, Urgency } from '../../src/ports/engine.js';
import { TINY_ITEMS } from './checkpoint.js';

const built = (file: string): URL => pathToFileURL(resolve('dist', file));
/** A megabyte: some sixty windows of the tiny model, which have a page each. */
const SETTINGS = {
  provider: 'cpu',
  threads: 2,
  cacheBytes: 2 ** 20,
  queue: 64,
  backoff: { firstMs: 1, longestMs: 4 },
} as const;

export const onnxEngine = (given: Partial<OnnxEngineOptions> = {}): Engine =>
  createOnnxEngine({ ...SETTINGS, worker: built('src/adapters/onnx/engine-worker.js'), ...given });

/** See fake-model.ts. */
export const fakeEngine = (given: Partial<OnnxEngineOptions> = {}): Engine =>
  onnxEngine({ worker: built('test/builders/fake-engine-worker.js'), ...given });

export function engineRequest(window: readonly number[], given: Partial<EngineRequest> = {}): EngineRequest {
  const rules = { edits: [], blocked: NONE_BLOCKED, excluded: [], k: 5 };
  return { window: Int32Array.from(window), ...rules, ...given };
}
const NONE_BLOCKED = new Uint8Array(TINY_ITEMS.length);

/** Remembers what it is told. */
export class Watched implements EngineObserver {
  readonly found: string[] = [];
  readonly batches: EngineBatch[] = [];
  readonly refusals: Urgency[] = [];
  readonly deaths: Error[] = [];
  readonly faults: Error[] = [];
  #told: () => void = () => undefined;
  looked(found: string): void {
    this.found.push(found);
  }
  ranked(batch: EngineBatch): void {
    this.batches.push(batch);
  }
  refused(urgency: Urgency): void {
    this.refusals.push(urgency);
  }
  workerDied(why: Error): void {
    this.deaths.push(why);
    this.#told();
  }
  broke(why: Error): void {
    this.faults.push(why);
    this.#told();
  }
  /** Resolves once it is so, of deaths and faults. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => (this.#told = resolve));
  }
}
