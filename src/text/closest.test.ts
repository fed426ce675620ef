import { describe, expect, it } from 'vitest';
import { closest } from './closest.js';

describe('closest', () => {
  it('finds the nearest words first, whatever their case', () => {
    expect(closest('genre/scifi', ['genre/Drama', 'genre/Sci-Fi', 'decade/1980'])).toEqual(['genre/Sci-Fi']);
    expect(closest('PROT', ['PORT', 'HOST', 'SEQUENCE_LENGTH'])[0]).toBe('PORT');
  });

  it('finds a word by a part of it', () => {
    expect(closest('horror', ['genre/Horror', 'genre/Romance'])).toEqual(['genre/Horror']);
  });

  it('stays silent when nothing is alike, and is bounded', () => {
    expect(closest('xylophone', ['genre/Drama'])).toEqual([]);
    expect(closest('aaa', ['aab', 'aac', 'aad', 'aae'])).toEqual(['aab', 'aac', 'aad']);
  });
});
