/** The instances of a run, from outside: start, kill, stop, wake, and see whether every task goes on. */
import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { forkInstance, type Heard, type Instance, type Reached } from './child-instance.js';
import type { Appointment, InstanceConfig, Look, ToInstance } from './messages.js';
import { PARTITIONS } from './world.js';

const SPARES = 2;
/** Whatever happened, every task must go on within this, ms. */
const PROGRESS_MS = 90_000;
const END_MS = 30_000;

/** What should go on does not. */
export class Stall extends Error {
  override readonly name = 'Stall';
}

export type FleetConfig = Omit<InstanceConfig, 'look' | 'appointment'>;

export class Fleet {
  readonly #guard: ChildProcess;
  readonly #instances = new Set<Instance>();
  #made = 0;
  #look: Look = { id: 0, step: 'running' };
  #seen = new Set<number>();
  #allSeen = Promise.withResolvers<undefined>();
  #statuses: string[] = [];

  constructor(
    private readonly config: FleetConfig,
    private readonly folder: string,
    private readonly onTrouble: (message: string) => void,
  ) {
    this.#guard = fork(path.join(import.meta.dirname, 'guard.js'), [], {
      detached: true,
      stdio: 'ignore',
      execArgv: [],
    });
    this.#fillSpares();
  }

  get running(): readonly Instance[] {
    return [...this.#instances].filter(({ state }) => state === 'running');
  }

  async start(appointment?: Appointment): Promise<Instance> {
    const instance = [...this.#instances].find(({ state }) => state === 'spare') ?? this.#fork();
    instance.state = 'running';
    instance.appointment = appointment;
    this.#fillSpares();
    await instance.loaded;
    this.#send(instance, { kind: 'start', config: { ...this.config, look: this.#look, appointment } });
    return instance;
  }

  /** Resolves when the instance is at the step; undefined, and the appointment is off, when that takes too long. */
  async appoint(instance: Instance, appointment: Appointment, ms: number): Promise<Reached | undefined> {
    instance.reached = Promise.withResolvers();
    instance.appointment = appointment;
    this.#send(instance, { kind: 'appointment', appointment });
    return this.met(instance, ms);
  }

  /** As `appoint`, for one that was started with an appointment. */
  async met(instance: Instance, ms: number): Promise<Reached | undefined> {
    const late = new AbortController();
    const timeout = sleep(ms, undefined, { signal: late.signal }).catch(() => undefined);
    const reached = await Promise.race([instance.reached.promise, timeout]);
    late.abort();
    if (reached === undefined) this.#send(instance, { kind: 'appointment', appointment: undefined });
    return reached;
  }

  /** It dies, or has died, by SIGKILL. */
  async kill(instance: Instance): Promise<void> {
    instance.state = 'ending';
    instance.process.kill('SIGKILL');
    await instance.exited;
  }

  /** SIGTERM: resolves when it has ended. */
  async end(instance: Instance): Promise<void> {
    instance.state = 'ending';
    instance.process.kill('SIGTERM');
    const late = new AbortController();
    const timeout = sleep(END_MS, 'late', { signal: late.signal }).catch(() => undefined);
    if ((await Promise.race([instance.exited, timeout])) === 'late') {
      this.onTrouble(`instance ${instance.id} did not end within ${END_MS} ms of SIGTERM`);
      await this.kill(instance);
    }
    late.abort();
    const { exitCode, signalCode } = instance.process;
    if (exitCode !== 0 && signalCode !== 'SIGKILL') {
      this.onTrouble(`instance ${instance.id} ended with status ${exitCode ?? signalCode} after SIGTERM`);
    }
  }

  sleep(instance: Instance): void {
    instance.process.kill('SIGSTOP');
    instance.state = 'asleep';
  }

  wake(instance: Instance): void {
    instance.state = 'running';
    // What it says of its progress from here on counts again.
    this.#send(instance, { kind: 'look', look: this.#look });
    instance.process.kill('SIGCONT');
  }

  /** Resolves when every task has reached the step, from now on, with an instance that is awake. */
  async progress(step: Look['step'] = 'stored'): Promise<void> {
    this.#look = { id: this.#look.id + 1, step };
    this.#seen = new Set();
    this.#allSeen = Promise.withResolvers();
    for (const instance of this.running) this.#send(instance, { kind: 'look', look: this.#look });
    const late = new AbortController();
    const timeout = sleep(PROGRESS_MS, 'late', { signal: late.signal }).catch(() => undefined);
    const outcome = await Promise.race([this.#allSeen.promise, timeout]);
    late.abort();
    if (outcome === 'late') throw new Stall(await this.#describeStall());
  }

  async close(): Promise<void> {
    const all = [...this.#instances];
    for (const instance of all) {
      instance.state = 'ending';
      instance.process.kill('SIGKILL');
    }
    await Promise.all(all.map(({ exited }) => exited));
    this.#guard.disconnect();
  }

  #fillSpares(): void {
    const spares = [...this.#instances].filter(({ state }) => state === 'spare').length;
    for (let i = spares; i < SPARES; i += 1) this.#fork();
  }

  #fork(): Instance {
    this.#made += 1;
    const instance = forkInstance(this.#made, this.folder, {
      heard: (message) => this.#hear(instance, message),
      failed: (error) => this.onTrouble(`instance ${instance.id}: ${error.message}`),
      ended: (how) => {
        this.#instances.delete(instance);
        this.#guard.send({ pid: instance.process.pid, isAlive: false });
        if (instance.state !== 'ending') this.onTrouble(`instance ${instance.id} ended by itself: ${how}`);
      },
    });
    this.#instances.add(instance);
    this.#guard.send({ pid: instance.process.pid, isAlive: true });
    return instance;
  }

  #hear(instance: Instance, message: Heard): void {
    switch (message.kind) {
      case 'reached':
        // By the time this is read it is dead or asleep.
        instance.state = instance.appointment?.then === 'stop' ? 'asleep' : 'ending';
        instance.reached.resolve(message);
        return;
      case 'progress':
        if (message.look !== this.#look.id || instance.state !== 'running') return;
        this.#seen.add(message.partition);
        if (this.#seen.size === PARTITIONS) this.#allSeen.resolve(undefined);
        return;
      case 'trouble':
        this.onTrouble(`instance ${instance.id}: ${message.message}`);
        return;
      case 'status':
        this.#statuses.push(`instance ${instance.id}: ${message.text}`);
    }
  }

  async #describeStall(): Promise<string> {
    this.#statuses = [];
    for (const instance of this.running) this.#send(instance, { kind: 'status' });
    await sleep(1000);
    const missing = Array.from({ length: PARTITIONS }, (_, p) => p).filter((p) => !this.#seen.has(p));
    const where = `partitions ${missing.join(', ')} did not reach "${this.#look.step}" within ${PROGRESS_MS / 1000} s`;
    return `${where}\n${this.#statuses.join('\n')}`;
  }

  #send({ process: child }: Instance, message: ToInstance): void {
    // One that has just died cannot be told.
    if (child.connected) child.send(message, () => undefined);
  }
}
