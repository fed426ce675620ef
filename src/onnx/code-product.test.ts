import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MOST_ITEM_CODES, type MultiplyCodes, mostExactCode, ZERO } from './code-product.js';

const within = (bits: number, value: number): number =>
  Math.max(-(2 ** (bits - 1)), Math.min(2 ** (bits - 1) - 1, value));

/** A processor that adds neighbouring products, so many at once, in so many bits, and cuts off what is more. */
const processor =
  (bits: number, together = 2): MultiplyCodes =>
  async (bytes, codes, size) => {
    const items = codes.length / size;
    return Int32Array.from({ length: (bytes.length / size) * items }, (_, at) => {
      const [row, item] = [Math.floor(at / items), at % items];
      let sum = 0;
      for (let from = 0; from < size; from += together) {
        let part = 0;
        for (let i = from; i < Math.min(from + together, size); i++) {
          sum -= ZERO * codes[i * items + item]!;
          part += bytes[row * size + i]! * codes[i * items + item]!;
        }
        sum += within(bits, part);
      }
      return sum;
    });
  };

describe('the greatest code of items', () => {
  it.each([
    ['adds in 32 bits', processor(32), 127],
    ['adds two products in 16 bits', processor(16), 64],
    ['adds four products in 16 bits', processor(16, 4), undefined],
    ['is right for one row alone', multipleRowsAreWrong, undefined],
  ])('where a processor %s', async (_, multiply, most) => {
    expect(await mostExactCode(multiply)).toBe(most);
  });

  it('of the last resort is exact whatever two bytes and codes are added in 16 bits', async () => {
    const most = MOST_ITEM_CODES.at(-1)!;
    const code = fc.oneof(fc.constantFrom(-most, most), fc.integer({ min: -most, max: most }));
    const byte = fc.oneof(fc.constantFrom(0, 255), fc.nat(255));
    const pairs = fc.array(fc.tuple(byte, code), { minLength: 1, maxLength: 9 });
    await fc.assert(
      fc.asyncProperty(pairs, async (of) => {
        const [bytes, codes] = [Uint8Array.from(of, ([one]) => one), Int8Array.from(of, ([, one]) => one)];
        expect(await processor(16)(bytes, codes, of.length)).toEqual(await processor(32)(bytes, codes, of.length));
      }),
    );
  });
});

async function multipleRowsAreWrong(bytes: Uint8Array, codes: Int8Array, size: number): Promise<Int32Array> {
  return processor(bytes.length > size ? 8 : 32)(bytes, codes, size);
}
