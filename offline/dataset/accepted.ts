/** Interactions as the reducers accepted them, as columns: what sequences are made of. */
import { at, Dictionary, Float64Column, Int32Column } from '../columns.js';

/** Rows of one user are in log order, their times never decrease. */
export class AcceptedInteractions {
  readonly users = new Dictionary();
  readonly items = new Dictionary();
  readonly #user = new Int32Column();
  readonly #item = new Int32Column();
  readonly #time = new Float64Column();

  get length(): number {
    return this.#time.length;
  }

  add(userId: string, itemId: string, time: number): void {
    this.#user.push(this.users.number(userId));
    this.#item.push(this.items.number(itemId));
    this.#time.push(time);
  }

  /** The rows by user, in the order of their first row; items by their number in `items`. */
  byUser(): NumberedSequences {
    const users = this.users.texts;
    const [user, item, time] = [this.#user.view(), this.#item.view(), this.#time.view()];
    const offsets = new Int32Array(users.length + 1);
    for (const u of user) offsets[u + 1] = at(offsets, u + 1) + 1;
    for (let u = 1; u < offsets.length; u++) offsets[u] = at(offsets, u) + at(offsets, u - 1);
    const free = offsets.slice();
    const items = new Int32Array(item.length);
    const times = new Float64Array(item.length);
    for (const [row, u] of user.entries()) {
      const place = at(free, u);
      free[u] = place + 1;
      items[place] = at(item, row);
      times[place] = at(time, row);
    }
    return { users, itemIds: this.items.texts, offsets, items, times };
  }
}

/** Sequences over all items of the log, before a split numbers those of its vocabulary. */
export interface NumberedSequences {
  readonly users: readonly string[];
  readonly itemIds: readonly string[];
  /** User u: items[offsets[u] .. offsets[u + 1]). */
  readonly offsets: Int32Array;
  readonly items: Int32Array;
  /** ms, never decreasing for one user. */
  readonly times: Float64Array;
}
