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
