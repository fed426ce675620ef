/** What was done to whom, counted. */
import { STEP_NAMES, type StepName } from '../../../src/stream/steps.js';

/** Ms. */
export interface Recovery {
  readonly count: number;
  readonly median: number;
  readonly longest: number;
}

export class Tally {
  readonly #steps = new Map<StepName, number>(STEP_NAMES.map((step) => [step, 0]));
  readonly #faults = new Map<string, number>();
  /** Ms, by fault. */
  readonly #recoveries = new Map<string, number[]>();
  #kills = 0;

  /** SIGKILLs. */
  get kills(): number {
    return this.#kills;
  }

  /** A fault that is no kill, such as `redis paused`. */
  fault(name: string): void {
    this.#faults.set(name, (this.#faults.get(name) ?? 0) + 1);
  }

  kill(name: string): void {
    this.#kills += 1;
    this.fault(name);
  }

  killAt(step: StepName): void {
    this.kill('instance killed at a step');
    this.#steps.set(step, (this.#steps.get(step) ?? 0) + 1);
  }

  /** How long after a fault every task had stored a batch again. */
  recovered(fault: string, ms: number): void {
    this.#recoveries.set(fault, [...(this.#recoveries.get(fault) ?? []), ms]);
  }

  get recoveries(): Readonly<Record<string, Recovery>> {
    const of = (all: readonly number[]): Recovery => {
      const sorted = all.toSorted((a, b) => a - b);
      return { count: all.length, median: sorted[Math.floor(all.length / 2)] ?? 0, longest: sorted.at(-1) ?? 0 };
    };
    return Object.fromEntries([...this.#recoveries].sort(byName).map(([fault, all]) => [fault, of(all)]));
  }

  get steps(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#steps);
  }

  get faults(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#faults].sort(byName));
  }
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
