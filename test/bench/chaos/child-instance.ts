/** An instance as a child of the driver. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import type { Appointment, FromInstance } from './messages.js';

export interface Reached {
  readonly step: Appointment['step'];
  readonly partition: number;
}

export interface Instance {
  readonly id: number;
  readonly process: ChildProcess;
  readonly loaded: Promise<unknown>;
  readonly exited: Promise<unknown>;
  /** What is expected of it: an end that was not asked for is a violation. */
  state: 'spare' | 'running' | 'asleep' | 'ending';
  appointment: Appointment | undefined;
  /** Resolved when it keeps its appointment. */
  reached: PromiseWithResolvers<Reached>;
}

export type Heard = Exclude<FromInstance, { kind: 'loaded' }>;

interface Ears {
  readonly heard: (message: Heard) => void;
  readonly failed: (error: Error) => void;
  /** With its status or signal. */
  readonly ended: (how: number | string) => void;
}

/** Loads everything, and waits to be started. Its output goes to a file in the folder. */
export function forkInstance(id: number, folder: string, { heard, failed, ended }: Ears): Instance {
  const output = openSync(path.join(folder, `instance-${id}.log`), 'a');
  const child = fork(path.join(import.meta.dirname, 'instance.js'), [], {
    execArgv: [],
    // A process group of its own: Ctrl-C in a terminal reaches the driver only.
    detached: true,
    stdio: ['ignore', output, output, 'ipc'],
    env: { ...process.env, NODE_COMPILE_CACHE: path.join(folder, 'compile-cache') },
  });
  closeSync(output);
  const loaded = Promise.withResolvers<undefined>();
  child.on('message', (message: FromInstance) => {
    if (message.kind === 'loaded') loaded.resolve(undefined);
    else heard(message);
  });
  child.on('error', failed);
  // After the last message, unlike `exit`.
  child.on('close', (status, signal) => {
    loaded.resolve(undefined);
    ended(status ?? signal ?? 'unknown');
  });
  return {
    id,
    process: child,
    loaded: loaded.promise,
    exited: once(child, 'close'),
    state: 'spare',
    appointment: undefined,
    reached: Promise.withResolvers(),
  };
}
