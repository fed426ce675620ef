/** The service as a process of its own, as it runs in production: the demo knows its address and nothing else. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createProgress } from '../../src/terminal/progress.js';
import { UserError } from '../../src/terminal/user-error.js';

export interface DemoService {
  /** Such as http://127.0.0.1:3000 */
  readonly url: string;
  /** Ends it in order. */
  stop(): Promise<void>;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<void>;
}

export interface ServiceOptions {
  readonly dir: string;
  readonly port: number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Starts it and waits until it makes lists. @throws UserError with the last line of its log when it does not start. */
export async function startService({ dir, port, env }: ServiceOptions, signal: AbortSignal): Promise<DemoService> {
  const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));
  const variables = {
    STEERSTREAM_DIR: dir,
    STEERSTREAM_LOG: 'embedded',
    STEERSTREAM_STORE: 'embedded',
    STEERSTREAM_WIRE: 'single-object',
    STEERSTREAM_PORT: String(port),
    STEERSTREAM_CHECKPOINT_POLL: '1',
  };
  const logFile = join(dir, 'service.log');
  const child = spawn(process.execPath, [main], { env: { ...env, ...variables }, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stderr.pipe(createWriteStream(logFile, { flags: 'a' }));
  const ended = once(child, 'close').then(() => undefined);
  try {
    const url = await address(child, ended, logFile);
    await untilReady(url, ended, logFile, signal);
    return { url, ended, stop: () => stop(child, ended) };
  } catch (error) {
    await stop(child, ended);
    throw error;
  }
}

async function address(child: ChildProcess, ended: Promise<void>, logFile: string): Promise<string> {
  if (child.stdout === null) throw new Error('the service has no output');
  const line = once(createInterface(child.stdout), 'line').then(([text]) => String(text));
  const text = await Promise.race([line, ended]);
  const url = /https?:\/\/\S+/.exec(text ?? '')?.[0];
  if (url === undefined)
    throw new UserError(`the service did not start; ${logFile} says why (is its port taken? --port 0 takes any)`);
  return url;
}

async function untilReady(url: string, ended: Promise<void>, logFile: string, signal: AbortSignal): Promise<void> {
  const progress = createProgress({ label: 'service', unit: 'checks' });
  let isOver = false;
  void ended.then(() => (isOver = true));
  for (let checks = 1; ; checks++) {
    signal.throwIfAborted();
    if (isOver) throw new UserError(`the service ended before it was ready; ${logFile} says why`);
    const response = await fetch(`${url}/health/ready`, { signal });
    const body = await response.text();
    if (response.ok) break;
    progress.tick(checks, reasonOf(body));
    await sleep(100, undefined, { signal });
  }
  progress.end('ready');
}

/** What the service is waiting for, as it says itself. */
function reasonOf(body: string): string {
  const { reasons = [] } = JSON.parse(body) as { reasons?: readonly string[] };
  return reasons.join('; ');
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.kill('SIGTERM');
  await ended;
}
