/** One row of a file; what is wrong with it is said with file, line and column. */
import { MAX_ID_LENGTH } from '../../../src/events/contracts.js';
import { UserError } from '../../../src/terminal/user-error.js';
import { isoTime } from './iso-time.js';

/** How a file writes times: units since 1970, or ISO 8601 (iso-time.ts). Files with types of their own (Parquet, Avro) need none. */
export const TIME_UNITS = ['s', 'ms', 'us', 'ns', 'days', 'iso'] as const;
export type TimeUnit = (typeof TIME_UNITS)[number];

/** Milliseconds of one unit. */
const MILLISECONDS: Readonly<Record<Exclude<TimeUnit, 'iso'>, number>> = {
  s: 1000,
  ms: 1,
  us: 1e-3,
  ns: 1e-6,
  days: 86_400_000,
};

export class Row {
  /** @param place such as `plays.csv, line 3` */
  constructor(
    private readonly place: string,
    private readonly fields: Readonly<Record<string, unknown>>,
  ) {}

  /** Empty for a missing value. */
  text(column: string, most = Number.POSITIVE_INFINITY): string {
    const value = this.fields[column];
    return this.within(column, this.asText(column, value).trim(), most);
  }

  /** What the log can have as an id or a kind. */
  id(column: string): string {
    return this.text(column, MAX_ID_LENGTH) || this.fail(column, 'is empty');
  }

  /** The text, unless it is longer than the log's contract lets it be. */
  within(column: string, text: string, most: number): string {
    if (text.length <= most) return text;
    return this.fail(
      column,
      `has ${text.length} characters, ${most} at most can be: ${JSON.stringify(text.slice(0, 40))}...`,
    );
  }

  /** A list as it is; a text cut at the separator. */
  several(column: string, separator: string): string[] {
    const value = this.fields[column];
    const texts = isList(value)
      ? value.map((one, i) => this.asText(`${column}, value ${i + 1} of its list,`, one))
      : this.asText(column, value).split(separator);
    return texts.map((text) => text.trim()).filter((text) => text !== '');
  }

  /** Null for a missing value. */
  number(column: string): number | null {
    const text = this.text(column);
    if (text === '') return null;
    const value = Number(text);
    return Number.isFinite(value) ? value : this.fail(column, `is no number: ${JSON.stringify(text)}`);
  }

  /** ms; from 1970 to 2100, so that a wrong unit is noticed. */
  time(column: string, unit: TimeUnit): number {
    const value = this.fields[column];
    const text = this.text(column) || this.fail(column, 'is empty');
    const time =
      value instanceof Date ? value.getTime() : unit === 'iso' ? isoTime(text) : Number(text) * MILLISECONDS[unit];
    if (Number.isFinite(time) && time >= 0 && time < Date.UTC(2100, 0)) return Math.round(time);
    return this.fail(column, `is no time in ${unit}: ${JSON.stringify(text)} (see --time-unit)`);
  }

  private asText(column: string, value: unknown): string {
    if (value === null || value === undefined) return '';
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
    if (value instanceof Date) return value.toISOString();
    return this.fail(column, 'holds neither texts, numbers nor times');
  }

  private fail(column: string, what: string): never {
    throw new UserError(`${this.place}: column ${column} ${what}`);
  }
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
