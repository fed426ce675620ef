/** How a damaged record is made of sound ones, and what must become of it. */
import type { SchemaName } from '../chaos/bytes.js';
import { dead, type Expected, type Fuzzed, LIST, type Side } from './fuzzed.js';
import type { Event, Source } from './source.js';
import { noise } from './words.js';

export type Damage = (source: Source, side: Side) => Fuzzed;

export const BAD_BYTES = dead('bad-bytes');
export const INVALID = dead('invalid-value');
export const UNKNOWN = dead('unknown-schema');

export const nameOf = (side: Side): SchemaName => (side === 'interactions' ? 'interaction' : 'profile-event');
export const otherSide = (side: Side): Side => (side === 'interactions' ? 'profiles' : 'interactions');

/** A sound record whose id is remembered by nobody: it will not be accepted. */
export function sound(
  source: Source,
  side: Side,
  kind: string,
  userId = source.user(),
): Fuzzed & { readonly value: Buffer } {
  const record = source.record(side, kind, source.event(side, userId), LIST);
  return { ...record, value: record.value! };
}

/** Other bytes in the place of the value. */
export function rewritten(
  kind: string,
  expected: Expected,
  of: (source: Source, value: Buffer, side: Side) => Buffer,
): Damage {
  return (source, side) => {
    const record = sound(source, side, kind);
    return { ...record, value: of(source, record.value, side), expected };
  };
}

/** Sound Avro of something else. `of` changes the event; what it leads to may depend on how. */
export function changed(
  kind: string,
  of: (source: Source, event: Event, side: Side) => readonly [object, Expected],
): Damage {
  return (source, side) => {
    const event = source.event(side, source.user());
    const [change, expected] = of(source, event, side);
    const after = { ...event, ...change };
    return expected === LIST ? source.accepted(side, kind, after) : source.record(side, kind, after, expected);
  };
}

/** Repetitive, as huge records are; random bytes would only cost disk. */
export const filler = (source: Source, length: number): Buffer =>
  Buffer.alloc(length, noise(source.random, 1 + source.random.below(1000)));
