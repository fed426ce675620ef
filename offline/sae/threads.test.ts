import { describe, expect, it } from 'vitest';
import { threadsFor } from './threads.js';

describe('the threads of a training of dictionaries', () => {
  it('is one where every dictionary is small, and left to TensorFlow where one is not', () => {
    expect(threadsFor(256, [{ features: 512 }, { features: 2048 }])).toBe(1);
    expect(threadsFor(256, [{ features: 512 }, { features: 4096 }])).toBeUndefined();
    expect(threadsFor(1024, [{ features: 2048 }])).toBeUndefined();
  });
});
