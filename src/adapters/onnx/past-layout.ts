/**
 * How what is kept of windows lies in pages, and how a batch's past is packed from it. A graph wants the positions of a
 * window side by side, block by block, [layers, B, P, d]; a cache wants to grow by positions. So the positions of a window
 * are taken in groups, as many as fit a page, and a group lies as [layers, positions, d]: packed by a few long copies.
 * A group whose one position is larger than a page takes several.
 */
import type { GptRecShape } from '../../model/shapes.js';
import { PAGE } from './pages.js';

const BYTES = Float32Array.BYTES_PER_ELEMENT;

const bufferOf = ({ buffer, byteOffset, byteLength }: Float32Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

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

  /**
   * Copies what is kept of windows to `past` [layers, B, P, d]; P is told by its length.
   * @param windows pages of each
   * @param lengths positions of each that count, at most P; what follows them in `past` stays as it is
   */
  read(memory: Float32Array, windows: readonly Int32Array[], lengths: Int32Array, past: Float32Array): void {
    // Buffers copy as memory is copied. Typed arrays copy shared memory word by word: half as fast.
    const [from, to] = [bufferOf(memory), bufferOf(past)];
    const stride = past.length / (windows.length * this.#layers);
    for (const [b, pages] of windows.entries()) {
      const length = lengths[b] ?? 0;
      for (let start = 0; start < length; start += this.#positions) {
        const size = Math.min(this.#positions, length - start) * this.#width;
        for (let layer = 0; layer < this.#layers; layer++) {
          const place = this.#place(pages, start, layer);
          const target = (layer * windows.length + b) * stride + start * this.#width;
          from.copy(to, BYTES * target, BYTES * place, BYTES * (place + size));
        }
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
