/** ISO 8601 as data files write it; stricter than Date.parse, which takes much else and reads it by the machine's zone. */

const DATE = String.raw`(\d{4})-(\d{2})-(\d{2})`;
const TIME = String.raw`(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?`;
const ZONE = String.raw`Z|([+-])(\d{2})(?::?(\d{2}))?`;
const ISO = new RegExp(`^${DATE}(?:[T ]${TIME} ?(?:${ZONE})?)?$`, 'i');

/**
 * ms since 1970. A time without an offset is in UTC, so that a file means the same on every machine; a date is its first
 * moment. NaN for anything else.
 */
export function isoTime(text: string): number {
  const match = ISO.exec(text);
  if (!match) return Number.NaN;
  const [, ...parts] = match;
  const [year, month, day, hour, minute, second] = parts.slice(0, 6).map((part) => Number(part ?? 0)) as Six;
  const [fraction, sign, zoneHours, zoneMinutes] = parts.slice(6);
  const date = new Date(Date.UTC(year, month - 1, day));
  const isDay = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  const offset = Number(zoneHours ?? 0) * 60 + Number(zoneMinutes ?? 0);
  if (!isDay || hour > 23 || minute > 59 || second > 60 || Number(zoneMinutes ?? 0) > 59) return Number.NaN;
  const minutes = hour * 60 + minute + (sign === '-' ? offset : -offset);
  return date.getTime() + minutes * 60_000 + second * 1000 + Number(`0.${fraction ?? 0}`) * 1000;
}

type Six = [number, number, number, number, number, number];
