import { expect, it } from 'vitest';
import { CatalogueChanges } from './catalogue.js';

it('a catalogue tells what changed since it was at some offsets, as far as it remembers', () => {
  const changes = new CatalogueChanges();
  const [first, second, third, fourth] = [[0], [1], [1], [40_000]];
  changes.moved(first!, ['a', 'b']);
  changes.moved(second!, []);
  changes.moved(third!, ['a']);
  expect(changes.since(first!, fourth!)).toEqual(['a', 'b', 'a']);
  // By the array: equal numbers may be of another catalogue.
  expect(changes.since(third!, fourth!)).toEqual(['a']);
  expect(changes.since(fourth!, fourth!)).toEqual([]);
  expect(changes.since([1], fourth!)).toBeUndefined();
  const fifth = [50_000];
  changes.moved(
    fourth!,
    Array.from({ length: 19_999 }, (_, i) => `i${i}`),
  );
  expect(changes.since(third!, fifth)).toBeUndefined();
  expect(changes.since(fourth!, fifth)).toHaveLength(19_999);
});
