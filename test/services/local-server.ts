/** A server as a local process which can be killed, paused and started again on the same data and port. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Child, startChild } from './child.js';

const LOOK_AGAIN_MS = 20;
const START_DEADLINE_MS = 60_000;
const LINES_OF_LOG = 20;

export interface LocalPlan {
  /** As messages call it: "Kafka". */
  readonly name: string;
  /** Where its data and `server.log` lie; one that is given is left alone by stop(). */
  readonly folder: string;
  readonly temporary: boolean;
  readonly command: readonly [string, ...string[]];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it serves by now. */
  readonly answers: () => Promise<boolean>;
}

export class LocalServer {
  private child: Child | undefined;

  private constructor(private readonly plan: LocalPlan) {}

  /** A server that answers; one that does not leaves nothing behind. */
  static async started(plan: LocalPlan): Promise<LocalServer> {
    const server = new LocalServer(plan);
    try {
      await server.start();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** Of the server's own process. Throws when none runs. */
  get pid(): number {
    if (this.child === undefined) throw new Error(`${this.plan.name} does not run`);
    return this.child.pid;
  }

  /** Starts it, again on the same data and port, and resolves when it answers. */
  async start(): Promise<void> {
    const { name, folder, command, cwd = folder, env, answers, temporary } = this.plan;
    if (this.child !== undefined) throw new Error(`${name} runs already: kill() it before start()`);
    const child = await startChild({
      command,
      cwd,
      log: this.log,
      ...(env && { env }),
      ...(temporary && { removeWhenOrphaned: folder }),
    });
    this.child = child;
    const life = { over: false };
    void child.ended.then(() => {
      life.over = true;
      if (this.child === child) this.child = undefined;
    });
    const deadline = Date.now() + START_DEADLINE_MS;
    while (!(await answers())) {
      if (life.over) throw new Error(`${name} ended before it answered. The end of its log:\n${this.endOfLog()}`);
      if (Date.now() > deadline) {
        const lines = this.endOfLog();
        await this.kill();
        throw new Error(`${name} did not answer within ${START_DEADLINE_MS / 1000} s. The end of its log:\n${lines}`);
      }
      await delay(LOOK_AGAIN_MS);
    }
  }

  /** Resolves when the process is gone. Nothing happens where none runs. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.child;
    if (child === undefined) return;
    process.kill(child.pid, signal);
    await child.ended;
  }

  /** SIGSTOP: it keeps its connections and answers nobody. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Ends it for good; a temporary folder goes with it, even when this process dies meanwhile. */
  async stop(): Promise<void> {
    const child = this.child;
    child?.abandon();
    await child?.ended;
    if (this.plan.temporary) rmSync(this.plan.folder, { recursive: true, force: true });
  }

  private get log(): string {
    return path.join(this.plan.folder, 'server.log');
  }

  private endOfLog(): string {
    return readFileSync(this.log, 'utf8').trimEnd().split('\n').slice(-LINES_OF_LOG).join('\n');
  }
}

/** A folder of one's own for a server that was given none. */
export function serverFolder(name: string, folder: string | undefined): { folder: string; temporary: boolean } {
  if (folder !== undefined) return { folder: path.resolve(folder), temporary: false };
  return { folder: mkdtempSync(path.join(tmpdir(), `steerstream-${name}-`)), temporary: true };
}
