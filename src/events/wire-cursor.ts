/** Reads Avro's primitives from bytes that may be anything. */
import { isUtf8 } from 'node:buffer';

/** Bytes that are not what their schema says. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}

/** A place in bytes that are read once, from the start. */
export class Cursor {
  constructor(
    readonly bytes: Buffer,
    public position: number,
  ) {}

  skip(length: number): void {
    if (length < 0 || length > this.bytes.length - this.position) {
      throw new Malformed(`${length} bytes claimed at byte ${this.position} of ${this.bytes.length}`);
    }
    this.position += length;
  }

  /** A zigzag variable-length integer of less than 2^52: beyond, its coded form is no exact number any more. */
  integer(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count += 1) {
      const byte = this.bytes[this.position];
      if (byte === undefined) throw new Malformed(`ends within a number, at byte ${this.position}`);
      this.position += 1;
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) {
        const decoded = value % 2 === 0 ? value / 2 : -(value + 1) / 2;
        if (value >= 2 ** 53) break;
        return decoded;
      }
    }
    throw new Malformed(`a number is too large, before byte ${this.position}`);
  }

  text(): void {
    const from = this.position;
    const length = this.integer();
    const start = this.position;
    this.skip(length);
    if (!this.isAscii(start) && !isUtf8(this.bytes.subarray(start, this.position))) {
      throw new Malformed(`text is not UTF-8, at byte ${from}`);
    }
  }

  /** Most ids are: this is much faster than a view of each for isUtf8. */
  private isAscii(from: number): boolean {
    for (let i = from; i < this.position; i += 1) if ((this.bytes[i] ?? 0) > 0x7f) return false;
    return true;
  }
}
