/**
 * The worker's side: opens a model of the checkpoint that it was started with, and answers batches, one after another.
 * What is kept of windows is read from the shared memory and written back here; which pages, the main thread said.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import { letGo } from './let-go.js';
import {
  type BatchMessage,
  type FromWorker,
  packRankings,
  type ToWorker,
  transfersOf,
  unpackRequests,
  type WorkerStart,
} from './messages.js';
import type { OnnxAnswer, OnnxModel } from './onnx-model.js';
import { PastLayout } from './past-layout.js';
import { unpackRows } from './rows.js';
import type { OnnxOptions } from './session.js';

export type OpenModel = (checkpoint: Checkpoint, options: OnnxOptions) => Promise<OnnxModel>;

/** What a worker's file does. */
export async function serveModel(open: OpenModel): Promise<void> {
  if (parentPort === null) throw new Error('a worker of the engine is no program');
  const port = parentPort;
  const { checkpoint, provider, memory } = workerData as WorkerStart;
  const tell = (message: FromWorker): void => {
    port.postMessage(message);
  };
  let model: OnnxModel;
  try {
    model = await open(checkpoint, { provider, threads: 1 });
  } catch (error) {
    tell({ kind: 'unusable', reason: messageOf(error) });
    return;
  }
  const layout = new PastLayout(checkpoint.manifest.gptrec);
  const server = new ModelServer(port, model, new Float32Array(memory), layout);
  let last = Promise.resolve();
  port.on('message', (message: ToWorker) => {
    last = last.then(() => server.on(message));
  });
  tell({ kind: 'ready' });
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

class ModelServer {
  readonly #masks = new Map<number, Uint8Array>();
  /** Of a batch's past, used again by the next: what lies beyond a window's length there is of no meaning. */
  #past = new Float32Array();

  constructor(
    private readonly port: MessagePort,
    private readonly model: OnnxModel,
    private readonly memory: Float32Array,
    private readonly layout: PastLayout,
  ) {}

  async on(message: ToWorker): Promise<void> {
    if (message.kind === 'mask') this.#masks.set(message.id, message.mask);
    else if (message.kind === 'forget') this.#masks.delete(message.id);
    else if (message.kind === 'batch') await this.#answer(message);
    else {
      await this.model.release();
      this.port.close();
    }
  }

  async #answer(batch: BatchMessage): Promise<void> {
    try {
      const { answer: found, ms } = await this.#rank(batch);
      const answer = packRankings(batch.id, found, ms);
      this.port.postMessage(answer, transfersOf(answer));
    } catch (error) {
      this.port.postMessage({ kind: 'failed', id: batch.id, reason: messageOf(error) } satisfies FromWorker);
    }
  }

  async #rank(batch: BatchMessage): Promise<{ answer: OnnxAnswer; ms: Record<string, number> }> {
    const started = performance.now();
    const requests = unpackRequests(batch, this.#masks);
    const pages = unpackRows(batch.pages);
    const isStep = batch.what === 'step';
    const lengths = batch.windows.lengths.map((length) => length - 1);
    const past = isStep ? this.#pack(pages, lengths) : undefined;
    const packed = performance.now();
    const answer = await (past ? this.model.step(requests, past, lengths) : this.model.window(requests));
    const ran = performance.now();
    const { kept } = answer;
    const stride = kept.length / requests.length;
    for (const [b, places] of pages.entries()) {
      if (batch.isKept[b] !== 1) continue;
      const length = batch.windows.lengths[b] ?? 0;
      const [start, count] = isStep ? [length - 1, 1] : [0, length];
      const rows = kept.subarray(b * stride, b * stride + count * this.layout.row);
      this.layout.write(this.memory, places, start, rows);
    }
    letGo(kept);
    return { answer, ms: { pack: packed - started, run: ran - packed, keep: performance.now() - ran } };
  }

  /** P is the longest past. */
  #pack(pages: readonly Int32Array[], lengths: Int32Array): Float32Array {
    const size = pages.length * Math.max(1, ...lengths) * this.layout.row;
    if (this.#past.length < size) this.#past = new Float32Array(size);
    const past = this.#past.subarray(0, size);
    this.layout.read(this.memory, pages, lengths, past);
    return past;
  }
}
