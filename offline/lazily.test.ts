import { expect, it } from 'vitest';
import { lazily } from './lazily.js';

it('members are made when they are first read, each once', () => {
  const made: string[] = [];
  const one = lazily<{ a: number; b: number }>({ a: () => made.push('a'), b: () => made.push('b') });
  expect(made).toEqual([]);
  expect([one.b, one.b, one.a]).toEqual([1, 1, 2]);
  expect(made).toEqual(['b', 'a']);
  expect({ ...one }).toEqual({ a: 2, b: 1 });
});
