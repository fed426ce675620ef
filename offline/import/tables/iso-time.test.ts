import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isoTime } from './iso-time.js';

describe('a time in ISO 8601', () => {
  const AT = Date.UTC(2026, 0, 5, 20, 15);

  it.each([
    ['2026-01-05T20:15:00Z', AT],
    ['2026-01-05 20:15:00', AT],
    ['2026-01-05t20:15', AT],
    ['2026-01-05 20:15:00.25 +00', AT + 250],
    ['2026-01-05T20:15:00,123456', AT + 123.456],
    ['2026-01-05T22:15:00+02:00', AT],
    ['2026-01-05T14:45:00-0530', AT],
    ['2026-01-05', Date.UTC(2026, 0, 5)],
    ['2016-12-31T23:59:60Z', Date.UTC(2017, 0)],
  ])('is read, and is in UTC where it names no offset: %s', (text, time) => {
    expect(isoTime(text)).toBeCloseTo(time, 6);
  });

  it.each([
    ...['05/01/2026', '12.5.2026', 'Jan 5', '1', '2026', '2026-1-5', '2026-02-29', '2026-13-01', '2026-00-10'],
    ...['2026-01-05T24:01', '2026-01-05T20', '2026-01-05T20:60', '2026-01-05T20:15+01:75', '2026-01-05T20:15 GMT'],
  ])('is nothing else: %s', (text) => {
    expect(isoTime(text)).toBeNaN();
  });

  it('is what a date writes of itself', () => {
    const [min, max] = [new Date(0), new Date(Date.UTC(2100, 0))];
    fc.assert(
      fc.property(fc.date({ min, max, noInvalidDate: true }), (date) => {
        expect(isoTime(date.toISOString())).toBe(date.getTime());
      }),
    );
  });
});
