/**
 * Reads interactions, of which the stream reads most, in one pass: checks the bytes (wire-check.ts) and the contract
 * (contracts.ts), and makes what avsc would (schemas/interaction.avsc). Whatever is not sound, or has text beyond ASCII,
 * is left to the general way, which says what is wrong with it.
 */
import { MAX_AGE, MAX_ID_LENGTH, MAX_TIME } from './contracts.js';
import type { Interaction, InteractionContext } from './events.js';

/** Undefined for bytes that are left to the general way. */
export type QuickInteractionReader = (bytes: Buffer) => Interaction | undefined;

/** @param head what comes before the body, where the current schema wrote it */
export function quickInteractionReader(head: Buffer): QuickInteractionReader {
  const reader = new QuickReader();
  return (bytes) => {
    if (!reader.begin(bytes, head)) return undefined;
    const interaction: Interaction = {
      eventId: reader.id(),
      userId: reader.id(),
      itemId: reader.id(),
      kind: reader.id(),
      value: reader.isNull() ? null : reader.real(),
      occurredAt: reader.whole(MAX_TIME),
      listId: reader.word(),
      context: reader.isNull() ? null : contextOf(reader),
    };
    return reader.isSound ? interaction : undefined;
  };
}

function contextOf(reader: QuickReader): InteractionContext {
  return {
    device: reader.word(),
    page: reader.word(),
    market: reader.word(),
    maturityLimit: reader.isNull() ? null : reader.whole(MAX_AGE),
  };
}

/** What it cannot read makes the whole value unsound; what it gives then means nothing. */
class QuickReader {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #hasFailed = false;

  begin(bytes: Buffer, head: Buffer): boolean {
    for (let i = 0; i < head.length; i += 1) if (bytes[i] !== head[i]) return false;
    this.#bytes = bytes;
    this.#at = head.length;
    this.#hasFailed = false;
    return true;
  }

  /** All was read, up to the last byte. */
  get isSound(): boolean {
    return !this.#hasFailed && this.#at === this.#bytes.length;
  }

  id(): string {
    return this.#text(1);
  }

  word(): string | null {
    return this.isNull() ? null : this.#text(0);
  }

  /** Of a union of null and something else. */
  isNull(): boolean {
    return this.whole(1) === 0;
  }

  /** In [0, max]. */
  whole(max: number): number {
    let value = 0;
    let byte = 0x80;
    for (let scale = 1; byte >= 0x80 && scale < 2 ** 56; scale *= 0x80) {
      byte = this.#bytes[this.#at] ?? 0xff;
      this.#at += 1;
      value += (byte & 0x7f) * scale;
    }
    const whole = value / 2;
    // Odd: below 0.
    if (byte >= 0x80 || value % 2 !== 0 || whole > max) this.#hasFailed = true;
    return whole;
  }

  real(): number {
    if (this.#at + 8 > this.#bytes.length) {
      this.#hasFailed = true;
      return 0;
    }
    const value = this.#bytes.readDoubleLE(this.#at);
    this.#at += 8;
    if (!Number.isFinite(value)) this.#hasFailed = true;
    return value;
  }

  #text(min: number): string {
    const length = this.whole(MAX_ID_LENGTH);
    const from = this.#at;
    const end = from + length;
    if (this.#hasFailed || length < min || end > this.#bytes.length) {
      this.#hasFailed = true;
      return '';
    }
    let codes = 0;
    for (let i = from; i < end; i += 1) codes |= this.#bytes[i] ?? 0;
    if (codes > 0x7f) this.#hasFailed = true;
    this.#at = end;
    return this.#bytes.toString('latin1', from, end);
  }
}
