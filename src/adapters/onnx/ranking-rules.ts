/** What ranks a batch as inputs of a graph (src/onnx/ranking.ts): score terms, masks by context, excluded pairs, k. */
import { Tensor } from 'onnxruntime-node';
import type { Edit } from '../../model/edit.js';
import { paddedItems, UNLISTED } from '../../onnx/two-levels.js';
import type { EngineRequest } from '../../ports/engine.js';
import { add, amountsOf, type Feeds, flag, named } from './model-edits.js';
import type { Scratch } from './scratch.js';

/**
 * A mask of so few items is a list of exclusions for each row, such as those that were withdrawn: as a term it would have
 * all items scored in floats.
 */
const FEW_BLOCKED = 128;

/** A row of the terms: the items of an attribute, or the mask of a context, which is the same object whenever it is the same. */
type Term = Int32Array | Uint8Array;

export class RankingInputs {
  readonly #items: number;
  readonly #columns: number;
  readonly #attributeItems: readonly Int32Array[];
  readonly #scored: ReadonlyMap<number, number>;
  readonly #scratch: Scratch;
  /** Rows of the table and what they are: kept, since batches that follow each other name much the same. */
  #table = new Float32Array();
  #rows: (Term | undefined)[] = [];
  /** Looked up once, since a catalogue's masks do not change. */
  readonly #fewBlocked = new WeakMap<Uint8Array, Int32Array | 'many'>();

  /** @param scored attributes whose score edits have a column in the graph */
  constructor(items: number, attributeItems: readonly Int32Array[], scored: readonly number[], scratch: Scratch) {
    this.#items = items;
    this.#scored = new Map(scored.map((attribute, column) => [attribute, column]));
    this.#columns = paddedItems(items);
    this.#attributeItems = attributeItems;
    this.#scratch = scratch;
  }

  /** @throws Error for a score edit of an attribute that the checkpoint lacks */
  feeds(requests: readonly EngineRequest[]): Feeds {
    const k = requests.reduce((most, request) => Math.max(most, request.k), 1);
    return {
      ...(this.#scored.size > 0 && {
        score_amounts: amountsOf(requests, this.#scored, this.#scratch, 'score_amounts', attributeOf),
      }),
      ...this.#terms(requests),
      ...this.#excluded(requests),
      k: new Tensor('int64', BigInt64Array.of(BigInt(Math.min(k, this.#items))), [1]),
    };
  }

  #terms(requests: readonly EngineRequest[]): Feeds {
    const masks = new Map<Uint8Array, number>();
    for (const { blocked } of requests)
      if (!masks.has(blocked) && this.#blockedBy(blocked) === 'many') masks.set(blocked, masks.size);
    const attributes = [...named(requests, 'attribute', this.#attributeItems.length, attributeOf).keys()]
      .filter((attribute) => !this.#scored.has(attribute))
      .sort((a, b) => a - b);
    const columns = new Map(attributes.map((attribute, i) => [attribute, masks.size + i]));
    const width = Math.max(1, masks.size + attributes.length);
    this.#fill([...masks.keys(), ...attributes.map((attribute) => this.#attributeItems[attribute])], width);
    // Where all rows are alike, one row of amounts does for all.
    const isOne = attributes.length === 0 && requests.every(({ blocked }) => blocked === requests[0]?.blocked);
    const rows = isOne ? requests.slice(0, 1) : requests;
    const amounts = this.#scratch.float32('term_amounts', rows.length * width);
    for (const [b, { blocked, edits }] of rows.entries()) {
      const mask = masks.get(blocked);
      if (mask !== undefined) amounts[b * width + mask] = 1;
      for (const edit of edits) {
        const column = columns.get(attributeOf(edit) ?? -1);
        if (column !== undefined) add(amounts, b * width + column, edit.amount);
      }
    }
    return {
      terms: new Tensor('float32', this.#table.subarray(0, width * this.#columns), [width, this.#columns]),
      term_amounts: new Tensor('float32', amounts, [rows.length, width]),
      has_terms: flag(masks.size + attributes.length > 0),
    };
  }

  /** The items of a mask, where these are few. */
  #blockedBy(mask: Uint8Array): Int32Array | 'many' {
    let found = this.#fewBlocked.get(mask);
    if (found === undefined) {
      const items: number[] = [];
      for (let at = mask.indexOf(1); at >= 0 && items.length <= FEW_BLOCKED; at = mask.indexOf(1, at + 1))
        items.push(at);
      found = items.length > FEW_BLOCKED ? 'many' : Int32Array.from(items);
      this.#fewBlocked.set(mask, found);
    }
    return found;
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

  #excluded(requests: readonly EngineRequest[]): Feeds {
    const lists = requests.map(({ excluded, blocked }) => {
      const few = this.#blockedBy(blocked);
      return few === 'many' ? [excluded] : [excluded, few];
    });
    const count = lists.flat().reduce((sum, { length }) => sum + length, 0);
    // Pairs of 64-bit integers, of which the upper halves stay zero.
    const pairs = this.#scratch.int32('excluded', 4 * count);
    let size = 0;
    for (const [b, ofRow] of lists.entries()) {
      for (const items of ofRow) {
        for (const item of items) {
          if (item < 0 || item >= this.#items) continue;
          pairs[4 * size] = b;
          pairs[4 * size + 2] = item;
          size++;
        }
      }
    }
    const data = new BigInt64Array(pairs.buffer, pairs.byteOffset, 2 * size);
    return { excluded: new Tensor('int64', data, [size, 2]), has_excluded: flag(size > 0) };
  }
}

const attributeOf = (edit: Edit): number | undefined => (edit.kind === 'score' ? edit.attribute : undefined);
