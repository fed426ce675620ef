/** What ranks a batch as inputs of a graph (src/onnx/ranking.ts): score terms, masks by context, excluded pairs, k. */
import { Tensor } from 'onnxruntime-node';
import type { Edit } from '../../model/edit.js';
import { paddedItems, UNLISTED } from '../../onnx/ranking.js';
import type { EngineRequest } from '../../ports/engine.js';
import { add, type Feeds, named } from './model-edits.js';
import type { Scratch } from './scratch.js';

/** A row of the terms: the items of an attribute, or the mask of a context, which is the same object whenever it is the same. */
type Term = Int32Array | Uint8Array;

export class RankingInputs {
  readonly #items: number;
  readonly #columns: number;
  readonly #attributeItems: readonly Int32Array[];
  readonly #scratch: Scratch;
  /** Rows of the table and what they are: kept, since batches that follow each other name much the same. */
  #table = new Float32Array();
  #rows: (Term | undefined)[] = [];

  constructor(items: number, attributeItems: readonly Int32Array[], scratch: Scratch) {
    this.#items = items;
    this.#columns = paddedItems(items);
    this.#attributeItems = attributeItems;
    this.#scratch = scratch;
  }

  /** @throws Error for a score edit of an attribute that the checkpoint lacks */
  feeds(requests: readonly EngineRequest[]): Feeds {
    const k = requests.reduce((most, request) => Math.max(most, request.k), 1);
    return {
      ...this.#terms(requests),
      excluded: this.#excluded(requests),
      k: new Tensor('int64', BigInt64Array.of(BigInt(Math.min(k, this.#items))), [1]),
    };
  }

  #terms(requests: readonly EngineRequest[]): Feeds {
    const masks = new Map<Uint8Array, number>();
    for (const { blocked } of requests) if (!masks.has(blocked) && blocked.includes(1)) masks.set(blocked, masks.size);
    const attributes = [...named(requests, 'attribute', this.#attributeItems.length, attributeOf).keys()].sort(
      (a, b) => a - b,
    );
    const columns = new Map(attributes.map((attribute, i) => [attribute, masks.size + i]));
    const width = Math.max(1, masks.size + attributes.length);
    this.#fill([...masks.keys(), ...attributes.map((attribute) => this.#attributeItems[attribute])], width);
    const amounts = this.#scratch.float32('term_amounts', requests.length * width);
    for (const [b, { blocked, edits }] of requests.entries()) {
      const mask = masks.get(blocked);
      if (mask !== undefined) amounts[b * width + mask] = 1;
      for (const edit of edits) {
        const column = columns.get(attributeOf(edit) ?? -1);
        if (column !== undefined) add(amounts, b * width + column, edit.amount);
      }
    }
    return {
      terms: new Tensor('float32', this.#table.subarray(0, width * this.#columns), [width, this.#columns]),
      term_amounts: new Tensor('float32', amounts, [requests.length, width]),
    };
  }

  #fill(terms: readonly (Term | undefined)[], width: number): void {
    const size = width * this.#columns;
    if (this.#table.length < size) [this.#table, this.#rows] = [new Float32Array(size), []];
    for (const [i, term] of terms.entries()) {
      if (term === undefined || this.#rows[i] === term) continue;
      const row = this.#table.subarray(i * this.#columns, (i + 1) * this.#columns).fill(0);
      if (term instanceof Int32Array) for (const item of term) row[item] = 1;
      else for (const [item, isBlocked] of term.entries()) if (isBlocked === 1) row[item] = UNLISTED;
      this.#rows[i] = term;
    }
  }

  #excluded(requests: readonly EngineRequest[]): Tensor {
    const count = requests.reduce((sum, { excluded }) => sum + excluded.size, 0);
    const pairs = this.#scratch.int32('excluded', count);
    let size = 0;
    for (const [b, { excluded }] of requests.entries()) {
      for (const item of excluded) if (item >= 0 && item < this.#items) pairs[size++] = b * this.#columns + item;
    }
    return new Tensor('int32', pairs.subarray(0, size), [size]);
  }
}

const attributeOf = (edit: Edit): number | undefined => (edit.kind === 'score' ? edit.attribute : undefined);
