import { describe, expect, it } from 'vitest';
import { Row } from './row.js';

describe('a row', () => {
  it('says where a value is that cannot be used: in which column, and of a list which one', () => {
    const row = new Row('songs.parquet, row 3', { title: { a: 1 }, genres: ['Jazz', null, { a: 1 }] });
    expect(() => row.text('title')).toThrow(
      'songs.parquet, row 3: column title holds neither texts, numbers nor times',
    );
    expect(() => row.several('genres', '|')).toThrow(
      'songs.parquet, row 3: column genres, value 3 of its list, holds neither texts, numbers nor times',
    );
    expect(new Row('', { genres: ['Jazz', null, 7] }).several('genres', '|')).toEqual(['Jazz', '7']);
  });
});
