/**
 * How keys and values lie in pages, and how a batch's past is packed from them. Attention wants the positions of a head
 * side by side, [layers, 2, B, h, P, d/h]; a cache wants to grow by positions. So the positions of a window are taken in
 * groups, as many as fit a page, and a group lies as [layers, 2, h, positions, d/h]: packed by a few long copies.
 * A group whose one position is larger than a page takes several.
 */
import type { GptRecShape } from '../../model/shapes.js';
import { PAGE } from './pages.js';

export class PastLayout {
  /** Floats of one position: [layers, 2, h, d/h]. */
  readonly row: number;
  readonly #heads: number;
  /** Floats of one position of one head. */
  readonly #part: number;
  /** Heads of all blocks, of keys and of values: what lies apart. */
  readonly #parts: number;
  /** Positions of a group. */
  readonly #positions: number;
  readonly #partsOfPage: number;
  readonly #pagesOfGroup: number;

  /** @throws Error for heads larger than a page */
  constructor({ layers, heads, width }: Pick<GptRecShape, 'layers' | 'heads' | 'width'>) {
    this.row = layers * 2 * width;
    this.#heads = heads;
    this.#part = width / heads;
    this.#parts = layers * 2 * heads;
    if (this.#part > PAGE) throw new Error(`heads of width ${this.#part} cannot be cached, ${PAGE} is the most`);
    this.#positions = Math.max(1, Math.floor(PAGE / this.row));
    this.#partsOfPage = Math.min(this.#parts, Math.floor(PAGE / (this.#positions * this.#part)));
    this.#pagesOfGroup = Math.ceil(this.#parts / this.#partsOfPage);
  }

  /** Pages that hold so many positions. */
  pagesFor(length: number): number {
    return Math.ceil(length / this.#positions) * this.#pagesOfGroup;
  }

  /** Copies the first `length` positions of pages to row b of `past` [layers, 2, B, h, P, d/h]. */
  read(memory: Float32Array, pages: Int32Array, length: number, past: Float32Array, b: number, B: number): void {
    const [heads, size] = [this.#heads, this.#part];
    const stride = past.length / ((B * this.row) / size);
    for (let start = 0; start < length; start += this.#positions) {
      const count = Math.min(this.#positions, length - start) * size;
      for (let p = 0; p < this.#parts; p++) {
        const from = this.#place(pages, start, p);
        const row = (Math.floor(p / heads) * B + b) * heads + (p % heads);
        past.set(memory.subarray(from, from + count), row * stride + start * size);
      }
    }
  }

  /** Copies rows [n, layers, 2, d] to the pages, as the positions from `start` on. */
  write(memory: Float32Array, pages: Int32Array, start: number, rows: Float32Array): void {
    const part = this.#part;
    for (let at = 0, position = start; at < rows.length; at += this.row, position++) {
      for (let p = 0; p < this.#parts; p++)
        memory.set(rows.subarray(at + p * part, at + (p + 1) * part), this.#place(pages, position, p));
    }
  }

  /** Where a part of a position lies in the memory. */
  #place(pages: Int32Array, position: number, part: number): number {
    const group = Math.floor(position / this.#positions);
    const page = pages[group * this.#pagesOfGroup + Math.floor(part / this.#partsOfPage)] ?? 0;
    const within = (part % this.#partsOfPage) * this.#positions + (position % this.#positions);
    return page * PAGE + within * this.#part;
  }
}
