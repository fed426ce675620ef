/**
 * A loaded model: requests in, rankings out, by workers. A request goes
 *
 *   recommend --> plan (cache) --> queue --> batch of a worker --> answer
 *                   ^   |
 *                   +---+ waits for what another request computes now: the window before it, or the same
 *
 * so several windows of one user, each an item longer, are computed one after another, each from what the one before it
 * left. All this is the main thread's; workers only compute.
 */
import {
  type EngineObserver,
  type EngineRequest,
  type LoadedModel,
  type Ranking,
  type Urgency,
} from '../../ports/engine.js';
import { Overloaded } from '../../ports/errors.js';
import { BatchRoom } from './batch-room.js';
import type { CacheMemory } from './cache-memory.js';
import { FairQueue, type Kind, type Waiting } from './fair-queue.js';
import type { Entry, KeyValueCache, Work } from './key-value-cache.js';
import type { Masks } from './masks.js';
import { packBatch, type RankedMessage, unpackRankings } from './messages.js';
import type { WorkerSet } from './worker-set.js';
import type { WorkerThread } from './worker-thread.js';

/** A request of a call that waits for all of its requests. */
interface Asked {
  readonly request: EngineRequest;
  readonly urgency: Urgency;
  readonly since: number;
  answer(ranking: Ranking): void;
  fail(error: unknown): void;
}

interface Job extends Waiting {
  readonly asked: Asked;
  readonly work: Work;
}

export interface ServedModelParts {
  readonly cache: KeyValueCache;
  readonly memory: Pick<CacheMemory, 'bytes'>;
  readonly masks: Masks;
  /** Longest window. */
  readonly window: number;
  /** Requests of an urgency that wait at most: a call is refused while as many do. */
  readonly queue: number;
  readonly observer: EngineObserver;
}

/** Steps of a batch that all workers share evenly: smaller ones are dear. */
const LEAST_SHARE = 16;

export class ServedModel implements LoadedModel {
  readonly #parts: ServedModelParts;
  readonly #queue = new FairQueue<Job>();
  readonly #room = new BatchRoom();
  /** Requests that wait for what others compute. */
  readonly #behind = { interactive: 0, stream: 0 };
  #workers: WorkerSet | undefined;
  #batches = 0;
  #isScheduled = false;
  #isDisposed = false;

  constructor(parts: ServedModelParts) {
    this.#parts = parts;
  }

  /** To be called once, before anything is asked. */
  start(workers: WorkerSet): void {
    this.#workers = workers;
  }

  recommend(requests: readonly EngineRequest[], urgency: Urgency = 'stream'): Promise<readonly Ranking[]> {
    if (requests.length === 0) return Promise.resolve([]);
    if (this.#waiting(urgency) >= this.#parts.queue) {
      this.#parts.observer.refused(urgency);
      return Promise.reject(
        new Overloaded(`${this.#waiting(urgency)} ${urgency} requests wait for the engine already: try again later`),
      );
    }
    const call = Promise.withResolvers<readonly Ranking[]>();
    const rankings: Ranking[] = [];
    let left = requests.length;
    const since = performance.now();
    for (const [i, request] of requests.entries()) {
      const answer = (ranking: Ranking): void => {
        rankings[i] = ranking;
        if (--left === 0) call.resolve(rankings);
      };
      this.#place({ request, urgency, since, answer, fail: call.reject });
    }
    this.#schedule();
    return call.promise;
  }

  /** Ends its workers after the batches under way, and lets go of what was kept. */
  dispose(): void {
    this.#isDisposed = true;
    this.#refuseAll();
    void this.#workers?.end().then(() => {
      this.#parts.cache.clear();
    });
  }

  /** Requests that wait may go on, or never will. */
  workersChanged(): void {
    if (this.#workers?.isBroken) this.#refuseAll();
    else this.#pump();
  }

  #waiting(urgency: Urgency): number {
    return this.#queue.count(urgency) + this.#behind[urgency];
  }

  #refuseAll(): void {
    for (const { asked, work } of this.#queue.drain()) {
      asked.fail(this.#refusal());
      this.#parts.cache.failed(work);
    }
  }

  #refusal(): Error | undefined {
    if (this.#isDisposed) return new Error('the model was let go');
    return this.#workers?.isBroken ? new Error('the engine’s workers die again and again') : undefined;
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
    if (plan.kind === 'wait') {
      this.#behind[urgency] += 1;
      plan.entry.waiting.push(() => {
        this.#behind[urgency] -= 1;
        this.#place(asked, plan.coming);
      });
      return;
    }
    observer.looked(foundBy(plan));
    const positions = plan.kind === 'step' ? 1 : request.window.length;
    this.#queue.push({ asked, work: plan, urgency, since, kind: plan.kind, positions });
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
    for (let worker = this.#workers?.free(); worker; worker = this.#workers?.free()) {
      const jobs = this.#queue.next((kind) => this.#roomFor(kind));
      if (jobs.length === 0) return;
      void this.#run(worker, jobs);
    }
  }

  #roomFor(kind: Kind): number {
    const share = Math.ceil(this.#queue.countOf(kind) / (this.#workers?.count ?? 1));
    const even = kind === 'step' ? Math.max(LEAST_SHARE, share) : share * this.#parts.window;
    return Math.min(even, this.#room.of(kind));
  }

  async #run(worker: WorkerThread, jobs: readonly Job[]): Promise<void> {
    const { cache, masks } = this.#parts;
    const started = performance.now();
    const placed = jobs.map(({ asked: { request }, work }) => {
      const isKept = cache.allot(work);
      return { request, pages: work.entry.pages, isKept };
    });
    const kind = jobs[0]?.kind ?? 'step';
    const batch = packBatch((this.#batches += 1), kind, placed, (mask) => masks.of(mask).id);
    const used = new Set(placed.map(({ request }) => request.blocked));
    try {
      const ranked = await this.#workers?.rank(worker, batch, [...used]);
      if (ranked === undefined) return;
      this.#count(jobs, ranked, started);
      const rankings = unpackRankings(ranked);
      for (const [i, { asked, work }] of jobs.entries()) {
        cache.done(work, placed[i]?.isKept ?? false);
        const ranking = rankings[i];
        if (ranking) asked.answer(ranking);
      }
    } catch (error) {
      for (const { asked, work } of jobs) {
        asked.fail(error);
        cache.failed(work);
      }
    }
    this.#pump();
  }

  #count(jobs: readonly Job[], { ms }: RankedMessage, started: number): void {
    const kind = jobs[0]?.kind ?? 'step';
    const spent = Object.values(ms).reduce((sum, one) => sum + one, 0);
    this.#room.took(kind, jobs.length * Math.max(...jobs.map(({ positions }) => positions)), spent);
    const wait = started - Math.min(...jobs.map(({ since }) => since));
    const transit = performance.now() - started - spent;
    this.#parts.observer.ranked({
      kind,
      size: jobs.length,
      ms: { wait, ...ms, transit },
      waiting: { interactive: this.#waiting('interactive'), stream: this.#waiting('stream') },
      cachedBytes: this.#parts.memory.bytes,
    });
  }
}

function foundBy(plan: Work): 'same' | 'longer' | 'none' {
  if (plan.kind === 'window') return 'none';
  return plan.isNew ? 'longer' : 'same';
}
