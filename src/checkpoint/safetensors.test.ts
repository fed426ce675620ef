import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WeightArray } from './checkpoint.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';

const array = (shape: readonly number[], values: readonly number[]): WeightArray => ({
  shape,
  data: Float32Array.from(values),
});
const weight: fc.Arbitrary<WeightArray> = fc.array(fc.nat({ max: 4 }), { maxLength: 3 }).chain((shape) => {
  const size = shape.reduce((product, n) => product * n, 1);
  return fc.array(fc.float(), { minLength: size, maxLength: size }).map((values) => array(shape, values));
});
const name = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('__proto__', 'constructor', '0', '7'));
const named = fc.uniqueArray(fc.tuple(name, weight), { selector: ([key]) => key, maxLength: 6 });

/** Bytes with a header of one's own making. */
function crafted(header: unknown, values = Buffer.alloc(16)): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, values]);
}

const entry = { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] };

describe('safetensors', () => {
  it('gives back what was written, to the bit', () => {
    fc.assert(
      fc.property(named, fc.dictionary(name, fc.string()), (entries, metadata) => {
        const read = readSafetensors(writeSafetensors(new Map(entries), metadata));
        expect(Object.entries(read.metadata)).toEqual(Object.entries(metadata));
        expect(read.weights.size).toBe(entries.length);
        for (const [key, { shape, data }] of entries) {
          expect(read.weights.get(key)?.shape).toEqual(shape);
          expect(Buffer.from(read.weights.get(key)!.data.buffer)).toEqual(Buffer.from(data.buffer));
        }
      }),
    );
  });

  it('has the layout that Python reads: length, JSON header, values at a multiple of 8', () => {
    const bytes = writeSafetensors(
      new Map([
        ['b', array([2], [3, 4])],
        ['ä', array([1, 2], [1, 2])],
      ]),
      { made: 'früh' },
    );
    const length = Number(bytes.readBigUInt64LE(0));
    expect((8 + length) % 8).toBe(0);
    expect(JSON.parse(bytes.toString('utf8', 8, 8 + length))).toEqual({
      __metadata__: { made: 'früh' },
      b: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
      ä: { dtype: 'F32', shape: [1, 2], data_offsets: [8, 16] },
    });
    expect(bytes.length).toBe(8 + length + 16);
    expect([0, 4, 8, 12].map((at) => bytes.readFloatLE(8 + length + at))).toEqual([3, 4, 1, 2]);
  });

  it('gives equal bytes for equal weights, in whatever order they come', () => {
    const entries = [['b', array([1], [1])] as const, ['a', array([2], [2, 3])] as const];
    expect(writeSafetensors(new Map(entries))).toEqual(writeSafetensors(new Map(entries.toReversed())));
  });

  it('writes a part of a larger buffer alone', () => {
    const part = new Float32Array([9, 1, 2, 9]).subarray(1, 3);
    const read = readSafetensors(writeSafetensors(new Map([['a', { shape: [2], data: part }]])));
    expect([...read.weights.get('a')!.data]).toEqual([1, 2]);
  });

  it('names what is not wanted, whatever its type, and reads the rest', () => {
    const header = { a: entry, mask: { dtype: 'BOOL', shape: [7], data_offsets: [0, 7] } };
    const { weights, left } = readSafetensors(crafted(header), (tensor) => tensor !== 'mask');
    expect([[...weights.keys()], left]).toEqual([['a'], ['mask']]);
    expect(() => readSafetensors(crafted(header))).toThrow('mask is BOOL, only F32 is read');
  });

  it('refuses bytes that are cut off anywhere', () => {
    const bytes = writeSafetensors(new Map([['a', array([3], [1, 2, 3])]]));
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readSafetensors(bytes.subarray(0, length))).toThrow(/^safetensors: /);
    }
  });

  it.each([
    ['no JSON', '{"a":', 'the header is no JSON'],
    ['a list', [], 'no JSON object'],
    ['null', 'null', 'no JSON object'],
    ['an entry that is null', { a: null }, 'entry a is malformed'],
    ['no shape', { a: { dtype: 'F32', data_offsets: [0, 16] } }, 'shape'],
    ['negative sizes', { a: { ...entry, shape: [-2, -2] } }, 'shape'],
    ['fractions of sizes', { a: { ...entry, shape: [0.5, 8] } }, 'shape'],
    ['another type', { a: { ...entry, dtype: 'F16' } }, 'a is F16, only F32 is read'],
    ['offsets before the values', { a: { ...entry, data_offsets: [-16, 0] } }, 'data_offsets'],
    ['offsets turned round', { a: { ...entry, data_offsets: [16, 0] } }, 'do not fit its shape'],
    ['offsets beyond the end', { a: { ...entry, data_offsets: [16, 32] } }, 'do not fit its shape'],
    ['fewer values than the shape says', { a: { ...entry, shape: [2, 3] } }, 'do not fit its shape'],
    ['a shape beyond counting', { a: { ...entry, shape: [2 ** 53, 2] } }, 'safetensors'],
    ['one offset', { a: { ...entry, data_offsets: [0] } }, 'data_offsets'],
    ['metadata that is no text', { __metadata__: { a: 1 } }, '__metadata__'],
  ])('refuses a header with %s', (_, header, reason) => {
    expect(() => readSafetensors(crafted(header))).toThrow(reason);
  });

  it('refuses a header longer than the bytes, or than any header is, before reading it', () => {
    const length = Buffer.alloc(64);
    length.writeBigUInt64LE(2n ** 63n);
    expect(() => readSafetensors(length)).toThrow('the header is cut off');
    const huge = Buffer.alloc(20 * 1024 * 1024, 0x20);
    huge.writeBigUInt64LE(18n * 1024n * 1024n);
    expect(() => readSafetensors(huge)).toThrow('the header is cut off');
  });
});
