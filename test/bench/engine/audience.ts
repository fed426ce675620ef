/** Users of an engine: each has a history that grows, and a slider that is sometimes on. */
import { createRandom } from '../../../offline/random.js';
import type { Edit } from '../../../src/model/edit.js';
import type { EngineRequest } from '../../../src/ports/engine.js';
import { windowLength } from '../../../src/recommend/window.js';

export interface AudienceOptions {
  readonly users: number;
  readonly items: number;
  readonly window: number;
  readonly features: number;
  readonly layer: number;
  /** Interactions that a user has had: the median and the standard deviation of their logarithm. */
  readonly median: number;
  readonly sigma: number;
}

export class Audience {
  readonly #options: AudienceOptions;
  readonly #random = createRandom(7);
  readonly #accepted: Int32Array;
  readonly #blocked: Uint8Array;

  constructor(options: AudienceOptions) {
    this.#options = options;
    const { users, median, sigma } = options;
    const length = (): number => Math.max(1, Math.round(median * Math.exp(sigma * this.#random.normal())));
    this.#accepted = Int32Array.from({ length: users }, length);
    this.#blocked = new Uint8Array(options.items);
  }

  get users(): number {
    return this.#options.users;
  }

  anyone(): number {
    return this.#random.below(this.users);
  }

  chance(share: number): boolean {
    return this.#random.random() < share;
  }

  /** The user does one thing more. */
  interact(user: number): void {
    this.#accepted[user] = (this.#accepted[user] ?? 0) + 1;
  }

  windowLengthOf(user: number): number {
    return windowLength(this.#accepted[user] ?? 1, this.#options.window);
  }

  /** Their list now. @param gain of a slider; 0 is none */
  request(user: number, gain = 0): EngineRequest {
    const { features, layer } = this.#options;
    const end = this.#accepted[user] ?? 1;
    const start = end - this.windowLengthOf(user);
    const window = Int32Array.from({ length: end - start }, (_, i) => this.#itemOf(user, start + i));
    const feature = user % features;
    const edits: Edit[] = gain === 0 ? [] : [{ kind: 'latent', layer, feature, mode: 'delta', amount: gain }];
    return { window, edits, blocked: this.#blocked, excluded: window, k: 10 };
  }

  /** The same for the same user and place in the history. */
  #itemOf(user: number, place: number): number {
    const mixed = Math.imul((user + 1) ^ Math.imul(place + 1, 0x9e3779b9), 0x85ebca6b);
    return ((mixed ^ (mixed >>> 15)) >>> 0) % this.#options.items;
  }
}
