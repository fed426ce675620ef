/** One owner of a task, over connections of its own, whose every step and call a test may hold or answer itself. */
import { setImmediate } from 'node:timers/promises';
import { KafkaClient } from '../../src/adapters/kafka/client.js';
import type { Broker, Cluster } from '../../src/adapters/kafka/internals.js';
import { KafkaLog } from '../../src/adapters/kafka/kafka-log.js';
import { KafkaTaskLog } from '../../src/adapters/kafka/kafka-task-log.js';
import type { KafkaOptions } from '../../src/adapters/kafka/options.js';
import type { Log, Position, TaskLog } from '../../src/ports/log.js';
import type { StateStore } from '../../src/ports/state-store.js';
import { samePosition, START } from '../../src/stream/position.js';
import type { StreamReport } from '../../src/stream/report.js';
import type { TaskContext } from '../../src/stream/task-context.js';
import { TaskRunner } from '../../src/stream/task-runner.js';
import type { TaskStatus } from '../../src/stream/task-status.js';
import type { Assignment } from './assignment.js';
import { FaultPoints, overriding } from './fault-points.js';

/** The context of a task on a log and a store. */
type MakeContext = (log: Log, store: StateStore, change: Partial<TaskContext>) => TaskContext;
type Interruption = Extract<StreamReport, { kind: 'interrupted' }>['how'];

export class ScriptedOwner {
  readonly points = new FaultPoints();
  /** How often it had the task. */
  takenOver = 0;
  readonly #runner: TaskRunner;
  readonly #log: KafkaLog;
  readonly #cluster: Cluster;
  readonly #store: StateStore;
  readonly #taskLogs: TaskLog[] = [];
  readonly #interrupted = new Map<Interruption, PromiseWithResolvers<undefined>>();
  readonly #fault = Promise.withResolvers<never>();

  constructor(
    readonly name: string,
    private readonly assignment: Assignment,
    kafka: KafkaOptions,
    store: StateStore,
    makeContext: MakeContext,
  ) {
    this.#log = new KafkaLog(kafka);
    this.#store = store;
    const client = new KafkaClient(kafka);
    this.#cluster = client.cluster();
    const log = overriding<Log>(this.#log, {
      read: (...asked) => this.points.pass('read', () => this.#log.read(...asked)),
      takeOver: (...asked) => this.#takeOver(client, ...asked),
    });
    const context = makeContext(log, storeWithPoints(store, this.points), {
      onStep: async (step) => {
        // Others have their turn even where an owner goes round and round: a test that waits for it can give up.
        await setImmediate();
        await this.points.pass(step, () => Promise.resolve(undefined));
      },
      observe: (report) => {
        this.#observe(report);
      },
    });
    this.#runner = new TaskRunner(context, () => assignment.heartbeat(name));
    // Whoever waits for the owner hears of a fault.
    this.#fault.promise.catch(() => undefined);
  }

  get status(): TaskStatus {
    return this.#runner.status;
  }

  /** Begins to run, and stays what it is. */
  start(): this {
    this.#cluster
      .connect()
      .then(() => this.#runner.run())
      .catch(this.#fault.reject);
    return this;
  }

  /** Resolves once everything before the position is settled and stored, and a poll brought nothing more. */
  async caughtUp(position: Position): Promise<void> {
    const stopped = this.next('stopped').then(() => {
      throw new Error(`${this.name} stopped: ${this.status.lastError}`);
    });
    do await Promise.race([this.points.at('idle'), this.#fault.promise, stopped]);
    while (!samePosition(this.status.position ?? START, position));
  }

  /** Resolves with the next loss, pause or stop of the task. */
  next(how: Interruption): Promise<void> {
    const next = this.#interrupted.get(how) ?? Promise.withResolvers<undefined>();
    this.#interrupted.set(how, next);
    return Promise.race([next.promise, this.#fault.promise]);
  }

  /** Dies where it is. */
  crash(): void {
    this.points.end();
    this.assignment.forget(this.name);
  }

  /** Dies, and its connections end. */
  async close(): Promise<void> {
    this.crash();
    await Promise.all([...this.#taskLogs, this.#log, this.#store].map((one) => one.close()));
    await this.#cluster.disconnect();
  }

  /** As KafkaLog's, over a client and a cluster with points. */
  async #takeOver(client: KafkaClient, ...[group, topics, task, token, start]: Parameters<Log['takeOver']>) {
    const pointed = overriding(client, { cluster: () => clusterWithPoints(client.cluster(), this.points) });
    const cluster = clusterWithPoints(this.#cluster, this.points);
    const own = { group, topics, task, token };
    const taskLog = await KafkaTaskLog.takeOver(pointed, cluster, own, start, () => undefined);
    this.#taskLogs.push(taskLog);
    return overriding(taskLog, { poll: (...asked) => this.points.pass('poll', () => taskLog.poll(...asked)) });
  }

  #observe(report: StreamReport): void {
    if (report.kind === 'taken-over') this.takenOver += 1;
    if (report.kind !== 'interrupted') return;
    this.#interrupted.get(report.how)?.resolve(undefined);
    this.#interrupted.delete(report.how);
  }
}

function clusterWithPoints(cluster: Cluster, points: FaultPoints): Cluster {
  return overriding(cluster, {
    findGroupCoordinator: async (group) => coordinatorWithPoints(await cluster.findGroupCoordinator(group), points),
  });
}

function coordinatorWithPoints(coordinator: Broker, points: FaultPoints): Broker {
  return overriding(coordinator, {
    offsetFetch: (request) => points.pass('offsets', () => coordinator.offsetFetch(request)),
    initProducerId: (request) => points.pass('fence', () => coordinator.initProducerId(request)),
    addPartitionsToTxn: (request) => points.pass('announce', () => coordinator.addPartitionsToTxn(request)),
    endTxn: (request) => points.pass('end', () => coordinator.endTxn(request)),
  });
}

function storeWithPoints(store: StateStore, points: FaultPoints): StateStore {
  return overriding<StateStore>(store, {
    read: (...asked) => points.pass('load', () => store.read(...asked)),
    write: (...asked) => points.pass('write', () => store.write(...asked)),
  });
}
