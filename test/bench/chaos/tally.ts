/** What was done to whom, counted. */
import { STEP_NAMES, type StepName } from '../../../src/stream/steps.js';

export class Tally {
  readonly #steps = new Map<StepName, number>(STEP_NAMES.map((step) => [step, 0]));
  readonly #faults = new Map<string, number>();
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

  get steps(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#steps);
  }

  get faults(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#faults].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
