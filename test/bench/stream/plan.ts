/** What a run of the stream bench measures, shared by its processes. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { StreamTopics } from '../../../src/stream/settings.js';

export const ENGINES = ['constant', 'onnx'] as const;
/** What the service ranks by. */
export type EngineChoice = (typeof ENGINES)[number];

/** Where a process of the bench works. */
export interface Place {
  readonly brokers: string;
  readonly redis: string;
  readonly run: string;
  readonly partitions: number;
  readonly batch: number;
  readonly engine: EngineChoice;
  /** Folder for profiles of its threads, where they are wanted. */
  readonly profiles?: string;
}

export function topicsOf(run: string): StreamTopics {
  return {
    interactions: `${run}.interactions`,
    profiles: `${run}.profiles`,
    catalogue: `${run}.catalogue`,
    recommendations: `${run}.recommendations`,
    deadLetters: `${run}.dead-letters`,
  };
}

/** What a process has used since it began to work, and how long its event loop was held up. */
export interface Use {
  readonly cpuMicros: number;
  /** Between two looks 5 ms apart: heartbeats and answers over HTTP come as late, at most. */
  readonly loop: { readonly p99: number; readonly max: number };
}

const LOOK_MS = 5;

/** Tells the bench that this process works, and, when it is told to stop, its use. */
export function reportTo(parent: NodeJS.Process, stop: () => Promise<unknown>): { working(): void } {
  let from = parent.cpuUsage();
  let isWorking = false;
  const looks = monitorEventLoopDelay({ resolution: LOOK_MS });
  const heldUp = (nanoseconds: number): number => Math.max(0, Math.round(nanoseconds / 1e6) - LOOK_MS);
  parent.on('disconnect', () => parent.exit(1));
  parent.on('message', () => {
    const { user, system } = parent.cpuUsage(from);
    const use: Use = {
      cpuMicros: user + system,
      loop: { p99: heldUp(looks.percentile(99)), max: heldUp(looks.max) },
    };
    parent.send?.(use);
    void stop().then(() => parent.exit(0));
  });
  return {
    working() {
      // A group that deals anew would say it again.
      if (isWorking) return;
      isWorking = true;
      from = parent.cpuUsage();
      looks.enable();
      parent.send?.('working');
    },
  };
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

/** Nearest-rank percentiles, whole ms. */
export function percentiles(values: readonly number[]): Percentiles {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN);
  return { p50: at(0.5), p99: at(0.99) };
}
