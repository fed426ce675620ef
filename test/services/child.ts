/** A server's process, which does not outlive this one. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Child {
  /** Of the server itself, not of its watchdog. */
  readonly pid: number;
  /** Settled when the process is gone. */
  readonly ended: Promise<void>;
  /** Ends it as the death of this process would, with its folder. */
  abandon(): void;
}

export interface ChildPlan {
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  /** Where its output is appended. */
  readonly log: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Removed when this process dies without ending the child. */
  readonly removeWhenOrphaned?: string;
}

/** Tests run the sources, which Node reads as they are; benches run what was compiled. */
const WATCHDOG = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './watchdog.ts' : './watchdog.js', import.meta.url),
);

export async function startChild({ command, cwd, log, env, removeWhenOrphaned = '' }: ChildPlan): Promise<Child> {
  const output = openSync(log, 'a');
  const watchdog = fork(WATCHDOG, [removeWhenOrphaned, ...command], {
    cwd,
    env: { ...process.env, ...env },
    execArgv: [],
    // A process group of its own: Ctrl-C in a terminal reaches this process only.
    detached: true,
    stdio: ['ignore', output, output, 'ipc'],
  });
  closeSync(output);
  const ended = once(watchdog, 'exit').then(() => undefined);
  const pid = await Promise.race([
    once(watchdog, 'message').then(([message]) => (message as { pid: number }).pid),
    ended.then(() => undefined),
  ]);
  if (pid === undefined) throw new Error(`${command[0]} cannot be run; its output is in ${log}`);
  const abandon = (): void => {
    if (watchdog.connected) watchdog.disconnect();
  };
  return { pid, ended, abandon };
}
