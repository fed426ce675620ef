/**
 * How what is kept of windows lies in pages, and how a batch's past is packed from it. A graph wants the positions of a
 * window side by side, block by block, [layers, B, P, d]; a cache wants to grow by positions. So the positions of a window
 * are taken in groups, as many as fit a page, and a group lies as [layers, positions, d]: packed by a few long copies.
 * A group whose one position is larger than a page takes several.
 */
import type { GptRecShape } from '../../model/shapes.js';
import { PAGE } from './pages.js';

export class PastLayout {
  /** Floats of one position: [layers, d]. */
  readonly row: number;
  readonly #layers: number;
  readonly #width: number;
  /** Positions of a group. */
  readonly #positions: number;
  readonly #layersOfPage: number;
  readonly #pagesOfGroup: number;

  /** @throws Error where a position of one block is larger than a page */
  constructor({ layers, width }: Pick<GptRecShape, 'layers' | 'width'>) {
    this.row = layers * width;
    this.#layers = layers;
    this.#width = width;
    if (width > PAGE) throw new Error(`a model of width ${width} cannot be cached, ${PAGE} is the most`);
    this.#positions = Math.max(1, Math.floor(PAGE / this.row));
    this.#layersOfPage = Math.min(layers, Math.floor(PAGE / (this.#positions * width)));
    this.#pagesOfGroup = Math.ceil(layers / this.#layersOfPage);
  }

  /** Pages that hold so many positions. */
  pagesFor(length: number): number {
    return Math.ceil(length / this.#positions) * this.#pagesOfGroup;
  }

  /** Copies the first `length` positions of pages to row b of `past` [layers, B, P, d]. */
  read(memory: Float32Array, pages: Int32Array, length: number, past: Float32Array, b: number, B: number): void {
    const width = this.#width;
    const stride = past.length / (B * this.#layers);
    for (let start = 0; start < length; start += this.#positions) {
      const count = Math.min(this.#positions, length - start) * width;
      for (let layer = 0; layer < this.#layers; layer++) {
        const from = this.#place(pages, start, layer);
        past.set(memory.subarray(from, from + count), (layer * B + b) * stride + start * width);
      }
    }
  }

  /** Copies rows [n, layers, d] to the pages, as the positions from `start` on. */
  write(memory: Float32Array, pages: Int32Array, start: number, rows: Float32Array): void {
    const width = this.#width;
    for (let at = 0, position = start; at < rows.length; at += this.row, position++) {
      for (let layer = 0; layer < this.#layers; layer++)
        memory.set(rows.subarray(at + layer * width, at + (layer + 1) * width), this.#place(pages, position, layer));
    }
  }

  /** Where a position of one block lies in the memory. */
  #place(pages: Int32Array, position: number, layer: number): number {
    const group = Math.floor(position / this.#positions);
    const page = pages[group * this.#pagesOfGroup + Math.floor(layer / this.#layersOfPage)] ?? 0;
    const within = (layer % this.#layersOfPage) * this.#positions + (position % this.#positions);
    return page * PAGE + within * this.#width;
  }
}
