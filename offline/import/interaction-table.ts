/** Interactions as columns: 28 bytes a row, so that 20 million of them fit in memory and can be sorted by time. */
import type { Interaction } from '../../src/events/events.js';
import { at, Dictionary, Float64Column, Int32Column } from '../columns.js';
import { stableOrder } from '../stable-order.js';

export interface TableRow {
  readonly userId: string;
  readonly itemId: string;
  readonly kind: string;
  readonly value: number | null;
  /** ms */
  readonly occurredAt: number;
}

export class InteractionTable {
  readonly #users = new Dictionary();
  readonly #items = new Dictionary();
  readonly #kinds = new Dictionary();
  readonly #user = new Int32Column();
  readonly #item = new Int32Column();
  readonly #kind = new Int32Column();
  /** NaN stands for null. */
  readonly #value = new Float64Column();
  readonly #time = new Float64Column();

  get length(): number {
    return this.#time.length;
  }

  add(row: TableRow): void {
    this.#user.push(this.#users.number(row.userId));
    this.#item.push(this.#items.number(row.itemId));
    this.#kind.push(this.#kinds.number(row.kind));
    this.#value.push(row.value ?? Number.NaN);
    this.#time.push(row.occurredAt);
  }

  /** By time, equal times in the order of adding. Event ids are `<prefix>:<row>`, rows counted from 1. */
  *byTime(prefix: string): Generator<Interaction> {
    const [user, item, kind] = [this.#user.view(), this.#item.view(), this.#kind.view()];
    const [value, time] = [this.#value.view(), this.#time.view()];
    for (const row of stableOrder(time)) {
      yield {
        eventId: `${prefix}:${row + 1}`,
        userId: text(this.#users, at(user, row)),
        itemId: text(this.#items, at(item, row)),
        kind: text(this.#kinds, at(kind, row)),
        value: Number.isNaN(at(value, row)) ? null : at(value, row),
        occurredAt: at(time, row),
        listId: null,
        context: null,
      };
    }
  }
}

function text(dictionary: Dictionary, number: number): string {
  const found = dictionary.texts[number];
  if (found === undefined) throw new RangeError(`no text ${number} in a dictionary of ${dictionary.texts.length}`);
  return found;
}
