/** The serving engine: ONNX Runtime in threads of its own, which keep of a window what its next event needs. */
import { availableParallelism } from 'node:os';
import type { Checkpoint, WeightArray } from '../../checkpoint/checkpoint.js';
import type { Engine, EngineObserver, LoadedModel } from '../../ports/engine.js';
import { CacheMemory } from './cache-memory.js';
import { WindowCache } from './window-cache.js';
import { PastLayout } from './past-layout.js';
import { Masks } from './masks.js';
import { ServedModel } from './served-model.js';
import type { Provider } from './session.js';
import { WorkerSet, type WorkerSetOptions } from './worker-set.js';
import { WorkerThread } from './worker-thread.js';

export interface OnnxEngineOptions {
  readonly provider: Provider;
  /** Workers of each loaded model; by default one less than there are cores, for the event loop, and one on a GPU. */
  readonly threads?: number | undefined;
  /** Bound of what is kept of windows, of all models together. */
  readonly cacheBytes: number;
  /** Requests that wait at most, of each urgency; further calls are refused. */
  readonly queue: number;
  /** The same of the stream, where it is another number. */
  readonly streamQueue?: number;
  /** Pauses before workers are replaced that have answered nothing. */
  readonly backoff?: WorkerSetOptions['backoff'];
  readonly observer?: EngineObserver;
  /** The workers' program. */
  readonly worker?: URL;
}

const UNOBSERVED: EngineObserver = {
  looked: () => undefined,
  ranked: () => undefined,
  refused: () => undefined,
  workerDied: () => undefined,
  broke: () => undefined,
};

/** With the first death and the pauses between the next, a model has a quarter of a minute until it is broken. */
const BACKOFF = { firstMs: 1000, longestMs: 10_000 };

/** @throws Error when the machine does not give so much memory. */
export function createOnnxEngine(options: OnnxEngineOptions): Engine {
  const memory = new CacheMemory(options.cacheBytes);
  return { name: `onnx-${options.provider}`, load: (checkpoint) => load(checkpoint, memory, options) };
}

async function load(checkpoint: Checkpoint, memory: CacheMemory, options: OnnxEngineOptions): Promise<LoadedModel> {
  const {
    provider,
    queue: interactive,
    streamQueue: stream = interactive,
    observer = UNOBSERVED,
    threads = defaultThreads(provider),
  } = options;
  const { backoff = BACKOFF, worker = new URL('./engine-worker.js', import.meta.url) } = options;
  const { window } = checkpoint.manifest.gptrec;
  const cache = new WindowCache(memory, new PastLayout(checkpoint.manifest.gptrec));
  const masks = new Masks();
  const start = { checkpoint: { ...checkpoint, weights: shared(checkpoint.weights) }, provider, memory: memory.buffer };
  const workers = await WorkerSet.open({
    count: threads,
    masks,
    backoff,
    start: () => new WorkerThread(worker, start),
    onDeath: (why) => {
      observer.workerDied(why);
    },
    onBroken: (why) => {
      observer.broke(why);
    },
  });
  return new ServedModel({ workers, cache, memory, masks, window, queue: { interactive, stream }, observer });
}

const defaultThreads = (provider: Provider): number =>
  provider === 'cpu' ? Math.max(1, availableParallelism() - 1) : 1;

/** All workers see one copy. */
function shared(weights: Checkpoint['weights']): Checkpoint['weights'] {
  return new Map(
    [...weights].map(([name, { shape, data }]): [string, WeightArray] => {
      const copy = new Float32Array(new SharedArrayBuffer(data.byteLength));
      copy.set(data);
      return [name, { shape, data: copy }];
    }),
  );
}
