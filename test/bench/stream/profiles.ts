/** CPU profiles of all threads of a process, in V8's format (`.cpuprofile`, which browsers' developer tools open). */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCpuProfile } from 'node:v8';
import type { Worker } from 'node:worker_threads';
import { type CpuProfile, type Frame, flameGraph, framesOf } from '../flame-graph.js';

const ENDING = '.cpuprofile';

/** The threads of this process. Made before its workers are. */
export class Threads {
  readonly #workers: Worker[] = [];

  constructor() {
    process.on('worker', (worker) => this.#workers.push(worker));
  }

  /** Begins to take profiles; what it returns ends them, and writes them to a folder. */
  async profile(folder: string): Promise<() => Promise<void>> {
    const main = startCpuProfile();
    const workers = await Promise.all(this.#workers.map((worker) => worker.startCpuProfile()));
    return async () => {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `main${ENDING}`), main.stop());
      for (const [i, worker] of workers.entries())
        writeFileSync(join(folder, `worker-${i + 1}${ENDING}`), await worker.stop());
    };
  }
}

/** Of the profiles in a folder. */
export function flameGraphOf(folder: string): string {
  const files = readdirSync(folder).filter((name) => name.endsWith(ENDING));
  const threads = files.sort().map((name): [string, Frame] => {
    const profile = JSON.parse(readFileSync(join(folder, name), 'utf8')) as CpuProfile;
    const frames = framesOf(profile);
    const whole = profile.timeDeltas.reduce((sum, delta) => sum + delta, 0);
    const busy = Math.round((frames.micros / whole) * 100);
    return [`${name.slice(0, -ENDING.length)}: busy for ${busy} % of ${(whole / 1e6).toFixed(1)} s`, frames];
  });
  return flameGraph(new Map(threads));
}
