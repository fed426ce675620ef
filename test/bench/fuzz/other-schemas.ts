/** Records that another schema wrote than the ones known here. */
import avsc, { type Schema, type Type } from 'avsc';
import { schemaFingerprint } from '../../../src/events/single-object.js';
import { encode, HEADER_LENGTH, schemaOf } from '../chaos/bytes.js';
import { BAD_BYTES, type Damage, INVALID, nameOf, otherSide, rewritten, UNKNOWN } from './damage.js';
import { dead, type Expected, type Side } from './fuzzed.js';
import type { Source } from './source.js';
import { noise } from './words.js';

/** Written by another schema under the name of the real one. */
function disguised(
  kind: string,
  side: Side,
  edit: (fields: SchemaField[]) => void,
  of: (source: Source) => readonly [object, Expected],
): Damage {
  const { header } = schemaOf(nameOf(side));
  const { type } = edited(side, edit);
  return (source) => {
    const event = source.event(side, source.user());
    const [change, expected] = of(source);
    const record = source.record(side, kind, event, expected);
    return { ...record, value: Buffer.concat([header, type.toBuffer({ ...event, ...change })]) };
  };
}

interface SchemaField {
  readonly name: string;
  type: Schema;
}

function edited(side: Side, edit: (fields: SchemaField[]) => void): { readonly type: Type; readonly schema: Schema } {
  const schema = structuredClone(schemaOf(nameOf(side)).type.schema()) as Schema & { fields: SchemaField[] };
  edit(schema.fields);
  return { type: avsc.Type.forSchema(structuredClone(schema)), schema };
}

/** A version that nobody here has heard of: with a field less, or one more. */
export function otherVersion(kind: string, edit: (fields: SchemaField[]) => void): Damage {
  const made = new Map((['interactions', 'profiles'] as const).map((side) => [side, edited(side, edit)]));
  return (source, side) => {
    const { type, schema } = made.get(side)!;
    const header = Buffer.from([0xc3, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    header.writeBigUInt64LE(schemaFingerprint(schema), 2);
    const event = { ...source.event(side, source.user()), mood: 'calm' };
    const value = Buffer.concat([header, type.toBuffer(event)]);
    return { ...source.record(side, kind, event, dead('unknown-schema')), value };
  };
}

export const enumBeyond = disguised(
  'unknown enum symbols',
  'profiles',
  (fields) => {
    const mode = fields.find(({ name }) => name === 'mode')!.type as unknown as { symbols: string[] };
    mode.symbols.push('later', 'latest');
  },
  (source) =>
    source.pick([
      [{ mode: 'unknown' }, INVALID],
      [{ mode: 'later' }, BAD_BYTES],
      [{ mode: 'latest' }, BAD_BYTES],
    ] as const),
);

export const foreign = rewritten('record of another contract', UNKNOWN, (source, _, side) => {
  const user = source.user();
  const item = { itemId: user, title: '', attributes: [], markets: null, minimumAge: null, addedAt: null };
  if (source.random.below(2) === 0) return encode('catalogue-item', item);
  return encode(nameOf(otherSide(side)), source.event(otherSide(side), user));
});

export const framed = rewritten('framed for a registry', UNKNOWN, ({ random }, value) =>
  Buffer.concat([Buffer.from([0, random.below(128), 0, 0, 1 + random.below(255)]), value.subarray(HEADER_LENGTH)]),
);

export const framedWrongly = rewritten('framed for a registry, no such id', BAD_BYTES, (source, value) => {
  const frame = source.pick(['0000000000', '00ffffffff', '0080000001', '000000']);
  return Buffer.concat([Buffer.from(frame, 'hex'), frame.length < 10 ? Buffer.alloc(0) : value]);
});

export const unknownFingerprint = rewritten('unknown fingerprint', UNKNOWN, ({ random }, value) =>
  Buffer.concat([value.subarray(0, 2), noise(random, 8), value.subarray(HEADER_LENGTH)]),
);
