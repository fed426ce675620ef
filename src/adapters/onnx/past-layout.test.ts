import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PAGE } from './pages.js';
import { PastLayout } from './past-layout.js';

/** Of a position of a window, every number another one. */
const rowOf = (window: number, position: number, row: number): Float32Array =>
  Float32Array.from({ length: row }, (_, i) => (window * 70 + position) * 2 ** 17 + i);

it('what was written a window or a position at a time is read back by block, whatever pages it lies in', () => {
  const shape = fc.record({ layers: fc.integer({ min: 1, max: 4 }), width: fc.constantFrom(1, 8, 60, 1400) });
  const lengths = fc.array(fc.record({ whole: fc.nat(20), more: fc.nat(3) }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(shape, lengths, fc.infiniteStream(fc.nat()), ({ layers, width }, windows, random) => {
      const layout = new PastLayout({ layers, width });
      const counts = windows.map(({ whole, more }) => whole + more);
      const needed = counts.map((count) => layout.pagesFor(count));
      const total = needed.reduce((sum, count) => sum + count, 0);
      const memory = new Float32Array(new SharedArrayBuffer(4 * total * PAGE)).fill(NaN);
      const free = Array.from({ length: total }, (_, page) => page).sort(() => (random.next().value! % 2) - 0.5);
      const pages = needed.map((count) => Int32Array.from(free.splice(0, count)));
      const { row } = layout;
      for (const [b, { whole, more }] of windows.entries()) {
        const rows = new Float32Array(whole * row);
        for (let p = 0; p < whole; p += 1) rows.set(rowOf(b, p, row), p * row);
        layout.write(memory, pages[b]!, 0, rows);
        for (let p = whole; p < whole + more; p += 1) layout.write(memory, pages[b]!, p, rowOf(b, p, row));
      }
      const [B, P] = [windows.length, Math.max(1, ...counts)];
      const past = new Float32Array(1 + B * P * row).subarray(1).fill(-1);
      layout.read(memory, pages, Int32Array.from(counts), past);
      for (const [b, length] of counts.entries()) {
        for (let p = 0; p < P; p += 1) {
          const found = Float32Array.from({ length: row }, (_, i) => {
            const layer = Math.floor(i / width);
            return past[((layer * B + b) * P + p) * width + (i % width)]!;
          });
          expect(found).toEqual(p < length ? rowOf(b, p, row) : new Float32Array(row).fill(-1));
        }
      }
    }),
    { numRuns: 50 },
  );
});

it('a position that is larger than a page in one block is refused', () => {
  expect(() => new PastLayout({ layers: 1, width: PAGE + 1 })).toThrow('cannot be cached');
});
