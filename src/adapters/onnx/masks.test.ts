import { expect, it } from 'vitest';
import { Masks } from './masks.js';

it('a mask is copied once, and the ones used least recently are forgotten beyond 256', () => {
  const masks = new Masks();
  const all = Array.from({ length: 258 }, (_, i) => Uint8Array.of(i % 2));
  const ids = all.map((mask) => masks.of(mask).id);
  expect(new Set(ids).size).toBe(258);
  expect(masks.of(all[0]!)).toMatchObject({ id: ids[0], mask: all[0] });
  expect(masks.of(all[1]!).mask.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(masks.trim()).toEqual([ids[2], ids[3]]);
  expect(masks.trim()).toEqual([]);
  expect(masks.of(all[2]!).id).toBe(259);
});

it('masks are forgotten beyond 32 MiB as well: those of a large catalogue that has moved on', () => {
  const masks = new Masks();
  const change = (): number => masks.of(new Uint8Array(1_000_000)).id;
  const gone = Array.from({ length: 40 }, () => {
    change();
    return masks.trim();
  }).flat();
  expect(gone).toEqual([1, 2, 3, 4, 5, 6, 7]);
  const [huge, small] = [new Uint8Array(33 * 1024 * 1024), Uint8Array.of(1)];
  const [first, second] = [masks.of(huge).id, masks.of(small).id];
  // Gone even where that alone is too much: the batch that named it has it, and the next sends it again.
  expect(masks.trim()).toContain(first);
  expect(masks.of(small).id).toBe(second);
});

it('a mask that workers can see as it is, is not copied', () => {
  const mask = new Uint8Array(new SharedArrayBuffer(3));
  expect(new Masks().of(mask).mask).toBe(mask);
});
