/**
 * Unsigned integers of up to 53 bits, one after the other without gaps; the highest bit first. In pieces of 24 bits,
 * since with the up to 7 bits of a begun byte they are what JavaScript's integer operations hold.
 */

const PIECE_BITS = 24;
const PIECE = 2 ** PIECE_BITS;

export class BitWriter {
  #bytes = Buffer.allocUnsafe(256);
  /** Whole bytes written. */
  #length = 0;
  /** What is written of the byte after them. */
  #begun = 0;
  #begunBits = 0;

  /** `value` in [0, 2^bits), `bits` in [0, 53]. */
  write(value: number, bits: number): void {
    if (bits <= PIECE_BITS) {
      this.#write(value, bits);
      return;
    }
    const high = Math.floor(value / PIECE);
    this.write(high, bits - PIECE_BITS);
    this.#write(value - high * PIECE, PIECE_BITS);
  }

  /** Forgets what was written. */
  restart(): void {
    this.#length = 0;
    this.#begun = 0;
    this.#begunBits = 0;
  }

  /** What was written, its last byte filled with zeros. */
  bytes(): Buffer {
    const bytes = Buffer.from(this.#bytes.subarray(0, this.#length + (this.#begunBits > 0 ? 1 : 0)));
    if (this.#begunBits > 0) bytes[this.#length] = this.#begun << (8 - this.#begunBits);
    return bytes;
  }

  #write(value: number, bits: number): void {
    if (this.#length + 8 > this.#bytes.length) this.#grow();
    const begun = (this.#begun << bits) | value;
    let left = this.#begunBits + bits;
    while (left >= 8) {
      left -= 8;
      this.#bytes[this.#length] = begun >>> left;
      this.#length += 1;
    }
    this.#begun = begun & ((1 << left) - 1);
    this.#begunBits = left;
  }

  #grow(): void {
    this.#bytes = Buffer.concat([this.#bytes], this.#bytes.length * 2);
  }
}

export class BitReader {
  readonly #view: DataView;
  readonly #end: number;
  #at = 0;

  constructor(bytes: Uint8Array) {
    // A read looks at 4 bytes, also at the end.
    const padded = new Uint8Array(bytes.length + 4);
    padded.set(bytes);
    this.#view = new DataView(padded.buffer);
    this.#end = bytes.length * 8;
  }

  /** Bits that are left. */
  get left(): number {
    return this.#end - this.#at;
  }

  /** @throws Error past the end */
  read(bits: number): number {
    if (bits > PIECE_BITS) {
      const high = this.read(bits - PIECE_BITS);
      return high * PIECE + this.read(PIECE_BITS);
    }
    const end = this.#at + bits;
    if (end > this.#end) throw new Error('packed bits end too early');
    // A shift by 32 is a shift by 0.
    if (bits === 0) return 0;
    const word = this.#view.getInt32(this.#at >> 3) << (this.#at & 7);
    this.#at = end;
    return word >>> (32 - bits);
  }
}

/** Bits of the number: 0 for 0, n for numbers from 2^(n-1) to 2^n - 1. */
export function bitLength(value: number): number {
  if (value < 2 ** 32) return 32 - Math.clz32(value);
  return 64 - Math.clz32(value / 2 ** 32);
}
