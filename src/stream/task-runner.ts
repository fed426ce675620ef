/**
 * The life of one task with one member. The state machine, once:
 *
 *             +---------------------------- lost <--------------------------+
 *             v                              ^ refused, fenced, in doubt    |
 *   waiting --> taking-over --> healing --> running --(batch, batch, ...)---+
 *      ^             |             |            |
 *      |             +-------------+------------+--> paused   (unavailable: after a pause, from `waiting` again)
 *      |                                        +--> stopped  (a person is needed: until the task is given up)
 *      +---- paused                    any phase ---> ended    (revoked or closed; a batch in flight is finished first)
 *
 * `waiting` is the gate against duelling zombies: nothing is taken before a heartbeat of the current generation
 * succeeded. After any doubt the whole way is gone again, with a new token: no batch is retried in place.
 */
import { aborted, Backoff, pause } from '../ops/backoff.js';
import { OutcomeUnknown, OwnershipLost, TaskStopped, Unavailable } from '../ports/errors.js';
import type { Position } from '../ports/log.js';
import { firstLimit, type LimitBounds, nextLimit } from './batch-limit.js';
import { checkUnread } from './bounds.js';
import { Expiries } from './expiry.js';
import { heal } from './heal.js';
import { granted } from './fenced.js';
import { samePosition, START } from './position.js';
import type { BatchReport } from './report.js';
import { restUntil } from './rest.js';
import { runBatch, writeStates } from './run-batch.js';
import { close, type TakenOver, takeOver } from './take-over.js';
import { INPUTS, type Running, type TaskContext } from './task-context.js';
import { addCounts, newStatus, type TaskStatus } from './task-status.js';
import { LINGER_MS, Unwritten } from './unwritten.js';
import { watch } from './watch.js';

export class TaskRunner {
  readonly #context: TaskContext;
  readonly #heartbeat: () => Promise<void>;
  readonly #stop = new AbortController();
  readonly #backoff: Backoff;
  readonly #limitBounds: LimitBounds;
  #running: Promise<void> | undefined;
  #status: TaskStatus;

  /** `heartbeat` resolves once a heartbeat of the member's current generation succeeded. */
  constructor(context: TaskContext, heartbeat: () => Promise<void>) {
    this.#context = context;
    this.#heartbeat = heartbeat;
    this.#backoff = new Backoff(context.settings.backoff);
    this.#limitBounds = { records: context.settings.batchSize, ms: context.settings.batchMs };
    this.#status = newStatus(context.task.partition, firstLimit(this.#limitBounds));
  }

  get status(): TaskStatus {
    return this.#status;
  }

  /** Runs until stopped. Rejects only at a fault of ours or of the machine. */
  run(): Promise<void> {
    this.#running ??= this.#live();
    return this.#running;
  }

  /** Gives the task up: finishes a batch in flight, starts no other. */
  async stop(): Promise<void> {
    if (!this.#stop.signal.aborted) await this.#context.onStep('revoking');
    this.#stop.abort();
    // Whoever called run() hears of a fault.
    await this.#running?.catch(() => undefined);
    if (this.#status.phase === 'ended') return;
    this.#update({ phase: 'ended' });
    await this.#context.onStep('handed-over');
  }

  async #live(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        this.#update({ phase: 'waiting' });
        await Promise.race([this.#heartbeat(), aborted(signal)]);
        if (!signal.aborted) await this.#own(signal);
      } catch (error) {
        await this.#recover(error, signal);
      }
    }
  }

  async #own(signal: AbortSignal): Promise<void> {
    const { gate, observe } = this.#context;
    this.#update({ phase: 'taking-over' });
    const taken = await gate.pass(() => takeOver(this.#context), signal);
    if (!taken) return;
    observe({ kind: 'taken-over' });
    try {
      this.#update({ phase: 'healing', position: taken.committed, marker: taken.marker });
      const marker = await heal(this.#context, taken, signal, (healed) => {
        this.#healed(healed);
      });
      if (samePosition(marker, taken.committed)) await this.#process(taken, signal);
    } catch (error) {
      if (error instanceof TaskStopped) await this.#confirmOwnership(taken);
      throw error;
    } finally {
      await close(taken.taskLog);
    }
  }

  /**
   * Calling for a person is an owner's right: one that was superseded sees what others deleted after they had read it.
   * @throws OwnershipLost
   */
  async #confirmOwnership({ taskLog, token }: TakenOver): Promise<void> {
    const { store, task } = this.#context;
    await taskLog.settled();
    const marker = granted(await store.marker(task, token), 'confirm the ownership');
    if (!samePosition(marker ?? START, this.#status.marker ?? START)) {
      throw new OwnershipLost('the marker is not where this owner left it');
    }
  }

  async #process(taken: TakenOver, signal: AbortSignal): Promise<void> {
    const { settings, onStep, logger, task, recommender } = this.#context;
    const own: Running = { ...taken, unwritten: new Unwritten(taken.committed, settings.hotStates) };
    // Only now no earlier owner can commit a list: whatever it served was published before.
    await recommender.catchUp();
    const expiries = new Expiries(this.#context, taken);
    let watched = Number.NEGATIVE_INFINITY;
    await onStep('running');
    this.#update({ phase: 'running', lastError: undefined });
    logger.info('task runs', { partition: task.partition, ...taken.committed });
    try {
      while (!signal.aborted) {
        // Not by `now`: a machine's clock may be set back.
        if (performance.now() - watched >= settings.watchMs) {
          this.#update({ lag: await watch(this.#context, own) });
          await expiries.produce();
          watched = performance.now();
        }
        await this.#next(own, signal);
        this.#backoff.reset();
      }
    } catch (error) {
      // The records that would heal what was put off may be what is gone.
      if (error instanceof TaskStopped) await this.#follow(own);
      throw error;
    }
    await this.#follow(own);
  }

  /** Polls, and runs the batch, if there is one; rests after it. */
  async #next(own: Running, signal: AbortSignal): Promise<void> {
    const { settings, onStep, gate } = this.#context;
    const { position, isEmpty } = own.unwritten;
    const { batchLimit } = this.#status;
    // While records come, the write of states is put off; it must not wait for some that do not.
    const polled = await own.taskLog.poll(position, batchLimit, isEmpty ? settings.pollMs : LINGER_MS, signal);
    if (signal.aborted) return;
    // Also where nothing came: a log that lost the next input has no more to show, and would say so again at once.
    checkUnread(this.#context, position, polled.first);
    if (samePosition(polled.next, position)) {
      await this.#follow(own);
      await onStep('idle');
      return;
    }
    if (gate.isClosed) await this.#follow(own);
    const report = await gate.pass(() => runBatch(this.#context, own, polled), signal);
    if (!report) return;
    this.#update({ position: own.unwritten.position, marker: own.unwritten.marker });
    this.#count(report);
    await pause(restUntil(report, batchLimit) - performance.now(), signal);
  }

  /** The store follows, where its write was put off. */
  async #follow(own: Running): Promise<void> {
    await writeStates(this.#context, own);
    this.#update({ marker: own.unwritten.marker });
  }

  #healed(marker: Position): void {
    const before = this.#status.marker ?? marker;
    this.#update({ marker });
    for (const input of INPUTS) {
      const records = marker[input] - before[input];
      if (records > 0) this.#context.observe({ kind: 'healed', input, records });
    }
  }

  #count(report: BatchReport): void {
    const { reduce = 0, recommend = 0 } = report.stages;
    const load = { records: report.records, ms: reduce + recommend };
    const batchLimit = nextLimit(this.#status.batchLimit, load, this.#limitBounds);
    this.#update({ batchLimit, counts: addCounts(this.#status.counts, report) });
    this.#context.observe(report);
  }

  /** Decides what an error means for this task. @throws what is no error of the ports */
  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const { logger, task, observe } = this.#context;
    if (signal.aborted && (error instanceof OwnershipLost || error instanceof OutcomeUnknown)) return;
    const lost = error instanceof OwnershipLost || error instanceof OutcomeUnknown;
    if (error instanceof TaskStopped) {
      this.#update({ phase: 'stopped', lastError: error.message, stopReason: error.reason });
      observe({ kind: 'interrupted', how: 'stopped' });
      logger.error('task stopped: a person is needed', { partition: task.partition, reason: error.reason, error });
      await aborted(signal);
    } else if (lost || error instanceof Unavailable) {
      const ms = this.#backoff.next(lost);
      const how = lost ? 'lost' : 'paused';
      this.#update({ phase: how, lastError: error.message });
      observe({ kind: 'interrupted', how });
      logger.warn(lost ? 'task lost, taking over again' : 'task paused', { partition: task.partition, ms, error });
      await pause(ms, signal);
    } else {
      this.#update({ phase: 'stopped', lastError: String(error) });
      throw error;
    }
  }

  #update(change: Partial<TaskStatus>): void {
    this.#status = { ...this.#status, ...change };
  }
}
