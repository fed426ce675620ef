/** What a run of the stream bench measures, shared by its processes. */
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

/** Tells the bench that this process works, and, when it is told to stop, what it has used since. */
export function reportTo(parent: NodeJS.Process, stop: () => Promise<unknown>): { working(): void } {
  let from = parent.cpuUsage();
  let isWorking = false;
  parent.on('disconnect', () => parent.exit(1));
  parent.on('message', () => {
    const { user, system } = parent.cpuUsage(from);
    parent.send?.({ cpuMicros: user + system });
    void stop().then(() => parent.exit(0));
  });
  return {
    working() {
      // A group that deals anew would say it again.
      if (isWorking) return;
      isWorking = true;
      from = parent.cpuUsage();
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
