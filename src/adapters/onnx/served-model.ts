/**
 * A loaded model: requests in, rankings out, by workers. A request goes
 *
 *   recommend --> plan (cache) --> queue --> batch of a worker --> answer
 *                   ^   |
 *                   +---+ waits for what another request computes: the window before it, or the same
 *
 * so several windows of one user, each an item longer, are computed one after another, each from what the one before it
 * left. An interactive request does not wait for others: it is computed whole. All this is the main thread's; workers
 * only compute.
 */
import type { EngineObserver, EngineRequest, LoadedModel, Ranking, Urgency } from '../../ports/engine.js';
import { Overloaded } from '../../ports/errors.js';
import { BatchRoom } from './batch-room.js';
import type { CacheMemory } from './cache-memory.js';
import { type Asked, callOf } from './call.js';
import { FairQueue, type Kind, type Waiting } from './fair-queue.js';
import type { Entry, WindowCache, Work } from './window-cache.js';
import type { Masks } from './masks.js';
import { packBatch, type RankedMessage, unpackRankings } from './messages.js';
import type { WorkerSet } from './worker-set.js';
import type { WorkerThread } from './worker-thread.js';

interface Job extends Waiting {
  readonly asked: Asked;
  readonly work: Work;
}

export interface ServedModelParts {
  readonly workers: WorkerSet;
  readonly cache: WindowCache;
  readonly memory: Pick<CacheMemory, 'bytes'>;
  readonly masks: Masks;
  /** Longest window. */
  readonly window: number;
  /** Requests of an urgency that wait at most: a call is refused while as many do. */
  readonly queue: Readonly<Record<Urgency, number>>;
  readonly observer: EngineObserver;
}

/** Steps of a batch that all workers share evenly: smaller ones are dear. */
const LEAST_SHARE = 16;

export class ServedModel implements LoadedModel {
  readonly #parts: ServedModelParts;
  readonly #queue = new FairQueue<Job>();
  readonly #room = new BatchRoom();
  /** Requests of the stream that wait for what others compute. */
  #behind = 0;
  #batches = 0;
  #isScheduled = false;
  #isDisposed = false;

  constructor(parts: ServedModelParts) {
    this.#parts = parts;
    parts.workers.onChange(() => {
      if (parts.workers.fault) this.#refuseAll();
      else this.#pump();
    });
  }

  recommend(requests: readonly EngineRequest[], urgency: Urgency = 'stream'): Promise<readonly Ranking[]> {
    const waiting = this.#waiting(urgency);
    if (waiting >= this.#parts.queue[urgency]) {
      this.#parts.observer.refused(urgency);
      const why = `${waiting} ${urgency} requests wait for the engine already: try again later`;
      return Promise.reject(new Overloaded(why));
    }
    const { asked, answer } = callOf(requests, urgency);
    for (const one of asked) this.#place(one);
    this.#schedule();
    return answer;
  }

  /** Ends its workers after the batches under way, and lets go of what was kept. */
  dispose(): void {
    this.#isDisposed = true;
    this.#refuseAll();
    const { workers, cache } = this.#parts;
    void workers.end().then(() => {
      cache.clear();
    });
  }

  #waiting(urgency: Urgency): number {
    return this.#queue.count(urgency) + (urgency === 'stream' ? this.#behind : 0);
  }

  #refuseAll(): void {
    for (const { asked, work } of this.#queue.drain()) {
      asked.fail(this.#refusal());
      this.#parts.cache.failed(work);
    }
  }

  #refusal(): Error | undefined {
    if (this.#isDisposed) return new Error('the model was let go');
    return this.#parts.workers.fault;
  }

  #place(asked: Asked, coming?: Entry): void {
    const { cache, observer } = this.#parts;
    const refusal = this.#refusal();
    if (refusal) {
      asked.fail(refusal);
      cache.abandon(coming);
      return;
    }
    const { request, urgency, since } = asked;
    const plan = cache.plan(request.window, coming);
    if (plan.kind === 'wait' && urgency === 'stream') {
      this.#behind += 1;
      plan.entry.waiting.push(() => {
        this.#behind -= 1;
        this.#place(asked, plan.coming);
      });
      return;
    }
    if (plan.kind === 'wait') cache.abandon(plan.coming);
    const work = plan.kind === 'wait' ? cache.alone() : plan;
    observer.looked(foundBy(work));
    const positions = work.kind === 'step' ? 1 : request.window.length;
    this.#queue.push({ asked, work, urgency, since, kind: work.kind, positions });
  }

  /** Not at once: what else is asked in this turn of the event loop goes along. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#pump();
    });
  }

  /** A worker that is free takes what is there. */
  #pump(): void {
    const { workers } = this.#parts;
    for (let worker = workers.free(); worker; worker = workers.free()) {
      const jobs = this.#queue.next((kind) => this.#roomFor(kind));
      if (jobs.length === 0) return;
      void this.#run(worker, jobs);
    }
  }

  #roomFor(kind: Kind): number {
    const share = Math.ceil(this.#queue.countOf(kind) / this.#parts.workers.count);
    const even = kind === 'step' ? Math.max(LEAST_SHARE, share) : share * this.#parts.window;
    return Math.min(even, this.#room.of(kind));
  }

  async #run(worker: WorkerThread, jobs: readonly Job[]): Promise<void> {
    const { cache } = this.#parts;
    const started = performance.now();
    const kept = jobs.map(({ work }) => cache.allot(work));
    try {
      const ranked = await this.#rank(worker, jobs, kept);
      this.#count(jobs, ranked, started);
      const rankings = unpackRankings(ranked);
      for (const [i, { asked }] of jobs.entries()) asked.answer(rankings[i] ?? NOTHING);
      for (const [i, { work }] of jobs.entries()) cache.done(work, kept[i] ?? false);
    } catch (error) {
      for (const { asked } of jobs) asked.fail(error);
      for (const { work } of jobs) cache.failed(work);
    }
    this.#pump();
  }

  #rank(worker: WorkerThread, jobs: readonly Job[], kept: readonly boolean[]): Promise<RankedMessage> {
    const { masks, workers } = this.#parts;
    const placed = jobs.map(({ asked: { request }, work }, i) => {
      return { request, pages: work.entry.pages, isKept: kept[i] ?? false };
    });
    const batch = packBatch((this.#batches += 1), kindOf(jobs), placed, (mask) => masks.of(mask).id);
    const used = new Set(placed.map(({ request }) => request.blocked));
    return workers.rank(worker, batch, [...used]);
  }

  #count(jobs: readonly Job[], { ms, isSearched }: RankedMessage, started: number): void {
    const kind = kindOf(jobs);
    const spent = Object.values(ms).reduce((sum, one) => sum + one, 0);
    this.#room.took(kind, jobs.length * Math.max(...jobs.map(({ positions }) => positions)), spent);
    const wait = started - Math.min(...jobs.map(({ since }) => since));
    const transit = performance.now() - started - spent;
    this.#parts.observer.ranked({
      kind,
      size: jobs.length,
      isSearched,
      ms: { wait, ...ms, transit },
      waiting: { interactive: this.#waiting('interactive'), stream: this.#waiting('stream') },
      cachedBytes: this.#parts.memory.bytes,
    });
  }
}

const NOTHING: Ranking = { items: new Int32Array(), scores: new Float32Array() };

/** A batch is of one kind. */
const kindOf = ([first]: readonly Job[]): Kind => first?.kind ?? 'step';

function foundBy(plan: Work): 'same' | 'longer' | 'none' {
  if (plan.kind === 'window') return 'none';
  return plan.isNew ? 'longer' : 'same';
}
