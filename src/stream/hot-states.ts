/**
 * States that the owner of a task keeps in memory, those used last: a batch reads only the others from the store. They
 * advance after the batch's write was granted, so each is what the store holds at the marker, and they die with the
 * ownership.
 */
import type { UserState } from '../state/user-state.js';

export class HotStates {
  /** In the order of their last use. */
  readonly #states = new Map<string, UserState>();

  constructor(private readonly capacity: number) {}

  /** The states of these users that are here. */
  of(users: readonly string[]): ReadonlyMap<string, UserState> {
    return new Map(
      users.flatMap((user) => {
        const state = this.#states.get(user);
        return state ? [[user, state] as const] : [];
      }),
    );
  }

  put(states: ReadonlyMap<string, UserState>): void {
    for (const [user, state] of states) {
      this.#states.delete(user);
      this.#states.set(user, state);
    }
    for (const user of this.#states.keys()) {
      if (this.#states.size <= this.capacity) break;
      this.#states.delete(user);
    }
  }
}
