/** The compiled service as a child process. `npm test` compiles before it tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

const MAIN = path.resolve('dist/src/main.js');

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ServiceProcess {
  /** Address such as http://127.0.0.1:1234, once it listens. */
  readonly url: string;
  /** What it wrote to stderr so far. */
  stderr(): string;
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Ended>;
}

interface Child {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly firstLine: Promise<string>;
  stderr(): string;
}

/** The variables are given without their prefix; those of the test run are not passed on. */
function start(variables: Readonly<Record<string, string>>): Child {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: run \`npm run build\` first`);
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('STEERSTREAM_'));
  const own = Object.entries(variables).map(([name, value]) => [`STEERSTREAM_${name}`, value]);
  const env = Object.fromEntries([...inherited, ...own]) as NodeJS.ProcessEnv;
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
  const ended = once(child, 'close').then(([status]) => ({ status: status as number | null, ...texts }));
  const line = once(createInterface(child.stdout), 'line').then(([text]) => text as string);
  const early = ended.then(({ status, stderr }) => {
    throw new Error(`the service ended with ${status} before it listened:\n${stderr}`);
  });
  const firstLine = Promise.race([line, early]);
  firstLine.catch(() => undefined);
  return { process: child, ended, firstLine, stderr: () => texts.stderr };
}

/** Starts it and waits until it listens. */
export async function startService(variables: Readonly<Record<string, string>>): Promise<ServiceProcess> {
  const child = start({ PORT: '0', CHECKPOINT_POLL: '1', ...variables });
  const url = /http:\/\/\S+/.exec(await child.firstLine)?.[0];
  if (url === undefined) throw new Error(`no address in "${await child.firstLine}"`);
  return {
    url,
    stderr: child.stderr,
    end: (signal) => {
      child.process.kill(signal);
      return child.ended;
    },
  };
}

/** Starts it where it is expected to end by itself. */
export function runService(variables: Readonly<Record<string, string>>): Promise<Ended> {
  return start(variables).ended;
}
