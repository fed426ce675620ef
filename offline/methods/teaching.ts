/** What methods are taught by, made when it is first asked for. */
import type { SteerableModel } from '../../src/model/score.js';
import type { UserSequences } from '../dataset/split.js';
import { casesOf, type TestCase } from '../evaluate/cases.js';
import { type LateCases, readLateCases } from './late-cases.js';
import { disposeLearning, drawCases, everyCase, type LearningPart, readLearning } from './learning-cases.js';
import type { LearningSource } from './learn.js';

export interface TeachingSettings {
  /** Cases of an attribute, and of all, that directions are learned from. */
  readonly cases: number;
  /** Cases that an adapter is taught by. */
  readonly lateCases: number;
  readonly seed: number;
}

/** Who teaches: users that GPTRec never saw, and for adapters, which need no true next item, those it learned from. */
export interface Teachers {
  readonly unseen: UserSequences;
  readonly seen: UserSequences;
}

/** To be closed. */
export class Teaching {
  readonly #model: SteerableModel;
  readonly #window: number;
  readonly #teachers: Teachers;
  readonly #settings: TeachingSettings;
  #pool: TestCase[] | undefined;
  #anyone: LearningPart[] | undefined;
  #late: LateCases | undefined;

  constructor(model: SteerableModel, window: number, teachers: Teachers, settings: TeachingSettings) {
    this.#model = model;
    this.#window = window;
    this.#teachers = teachers;
    this.#settings = settings;
  }

  get seed(): number {
    return this.#settings.seed;
  }

  /** Every case of the unseen. */
  get pool(): readonly TestCase[] {
    return (this.#pool ??= everyCase(casesOf(this.#teachers.unseen)));
  }

  /** Every position of everyone's window, or as many as are wanted. */
  get late(): LateCases {
    const { lateCases: count, seed } = this.#settings;
    const { unseen, seen } = this.#teachers;
    return (this.#late ??= readLateCases(this.#model, [unseen, seen], this.#window, { count, seed }));
  }

  /** Cases whose next item is one of these. To be disposed of. */
  bearing(items: ReadonlySet<number>): LearningPart[] {
    const { cases, seed } = this.#settings;
    const own = this.pool.filter(({ target }) => items.has(target));
    return readLearning(this.#model, drawCases(own, cases, seed), this.#window);
  }

  /** The attribute's own cases, and others that weigh so much. */
  sources(bearing: readonly LearningPart[], balance: number): readonly LearningSource[] {
    const { cases, seed } = this.#settings;
    this.#anyone ??= readLearning(this.#model, drawCases(this.pool, cases, seed), this.#window);
    return [
      { parts: bearing, weight: 1 },
      { parts: this.#anyone, weight: balance },
    ];
  }

  close(): void {
    disposeLearning(this.#anyone ?? []);
    this.#anyone = undefined;
  }
}
