/**
 * Writes Avro's primitives into buffers that many values share: one for each would be much of the work. What it cannot
 * write makes the whole value fail.
 */

const SLAB_BYTES = 64 * 1024;
/** Values that would not fit into a quarter are not for this. */
const MAX_BYTES = SLAB_BYTES / 4;
const MAX_INTEGER_BYTES = 8;

export class QuickWriter {
  #slab = Buffer.alloc(0);
  #view = new DataView(this.#slab.buffer);
  #from = 0;
  #at = 0;
  #hasFailed = false;

  begin(head: Buffer): void {
    if (this.#slab.length - this.#at < MAX_BYTES) {
      // Not of the buffer that Node shares: DataView begins at 0.
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#view = new DataView(this.#slab.buffer);
      this.#at = 0;
    }
    this.#from = this.#at;
    this.#hasFailed = false;
    for (const byte of head) this.byte(byte);
  }

  /** What was written since begin(); undefined where something failed. */
  end(): Buffer | undefined {
    if (!this.#hasFailed) return this.#slab.subarray(this.#from, this.#at);
    this.#at = this.#from;
    return undefined;
  }

  require(isTrue: boolean): void {
    if (!isTrue) this.#hasFailed = true;
  }

  byte(byte: number): void {
    if (!this.#hasRoom(1)) return;
    this.#slab[this.#at] = byte;
    this.#at += 1;
  }

  bool(value: boolean): void {
    this.require(typeof value === 'boolean');
    this.byte(value ? 1 : 0);
  }

  /** ASCII, of a length in [min, max]. */
  text(text: string, min: number, max: number): void {
    // Whoever calls may not be typed.
    if (typeof text !== 'string' || text.length < min || text.length > max || !this.#hasRoom(text.length)) {
      this.#hasFailed = true;
      return;
    }
    this.whole(text.length, max);
    const slab = this.#slab;
    let at = this.#at;
    let codes = 0;
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i);
      codes |= code;
      slab[at] = code;
      at += 1;
    }
    if (codes > 0x7f) this.#hasFailed = true;
    this.#at = at;
  }

  /** A whole number in [0, max]: zigzag, 7 bits a byte, the lowest first. */
  whole(value: number, max: number): void {
    if (!(Number.isSafeInteger(value) && value >= 0 && value <= max && this.#hasRoom(0))) {
      this.#hasFailed = true;
      return;
    }
    let rest = value * 2;
    // As a number and not by shifts: it may be longer than 32 bits.
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) {
      this.#slab[this.#at] = (rest % 0x80) | 0x80;
      this.#at += 1;
    }
    this.#slab[this.#at] = rest;
    this.#at += 1;
  }

  /** A double in [-most, most]. */
  real(value: number, most: number): void {
    if (!(typeof value === 'number' && value >= -most && value <= most && this.#hasRoom(8))) {
      this.#hasFailed = true;
      return;
    }
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  /** The index of a symbol of an enumeration. */
  symbol(symbol: string, symbols: readonly string[]): void {
    this.whole(symbols.indexOf(symbol), symbols.length);
  }

  array<T>(items: readonly T[], write: (writer: this, item: T) => void): void {
    if (!Array.isArray(items)) {
      this.#hasFailed = true;
      return;
    }
    if (items.length > 0) this.whole(items.length, items.length);
    for (let i = 0; i < items.length && !this.#hasFailed; i += 1) write(this, items[i] as T);
    this.whole(0, 0);
  }

  /** And for a number beside it. */
  #hasRoom(bytes: number): boolean {
    if (this.#at + bytes + MAX_INTEGER_BYTES > this.#from + MAX_BYTES) this.#hasFailed = true;
    return !this.#hasFailed;
  }
}
