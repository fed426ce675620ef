/**
 * Avro single-object encoding: C3 01, the CRC-64-AVRO fingerprint of the writer's schema (little-endian), the body.
 * What any known version wrote is resolved to the current one.
 */
import avsc, { type Resolver, type Schema, type Type } from 'avsc';
import { fingerprint } from './fingerprint.js';
import type { ContractSchemas } from './schema-files.js';
import { Cursor, type WireCheck, wireCheck } from './wire-check.js';

const MARK = 0x01c3;
const HEADER_LENGTH = 10;

/** Never an exception for bad input: what is wrong, and why. */
export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: 'bad-bytes' | 'unknown-schema' | 'invalid-value'; readonly message: string };

/** Values as avsc has them: records as objects, nullable fields as the value or null. */
export interface SingleObjectFormat {
  /** @throws Error when the value does not fit the schema. */
  encode(value: unknown): Buffer;
  decode(bytes: Buffer): Decoded<unknown>;
}

interface Writer {
  readonly check: WireCheck;
  /** Undefined for the current version. */
  readonly resolver: Resolver | undefined;
}

/** @throws Error when the current schema cannot read what an earlier one wrote. */
export function singleObjectFormat(schemas: ContractSchemas): SingleObjectFormat {
  const current = typeOf(schemas.current);
  const writers = new Map<bigint, Writer>();
  for (const schema of schemas.history) {
    const type = typeOf(schema);
    writers.set(fingerprintOf(type), { check: wireCheck(type), resolver: current.createResolver(type) });
  }
  const own = fingerprintOf(current);
  // Last, so that an identical earlier version does not make a detour of it.
  writers.set(own, { check: wireCheck(current), resolver: undefined });
  return {
    encode: encoder(current, own),
    decode: (bytes) => decode(current, writers, bytes),
  };
}

/** Writes into one growing buffer and copies out: avsc's own way encodes twice whatever exceeds 1 KiB. */
function encoder(type: Type, named: bigint): (value: unknown) => Buffer {
  const headed = (size: number): Buffer => {
    const buffer = Buffer.allocUnsafe(size);
    buffer.writeUInt16LE(MARK, 0);
    buffer.writeBigUInt64LE(named, 2);
    return buffer;
  };
  let buffer = headed(4096);
  return (value) => {
    let end = type.encode(value, buffer, HEADER_LENGTH);
    if (end < 0) {
      buffer = headed(2 * (buffer.length - end));
      end = type.encode(value, buffer, HEADER_LENGTH);
    }
    return Buffer.from(buffer.subarray(0, end));
  };
}

/** The schema's fingerprint, unsigned. */
export function schemaFingerprint(schema: Schema): bigint {
  return fingerprintOf(typeOf(schema));
}

function decode(reader: Type, writers: ReadonlyMap<bigint, Writer>, bytes: Buffer): Decoded<unknown> {
  if (bytes.length < HEADER_LENGTH || bytes.readUInt16LE(0) !== MARK) {
    return failed(
      'bad-bytes',
      'not Avro single-object encoding: it begins with C3 01 and the fingerprint of its schema',
    );
  }
  const named = bytes.readBigUInt64LE(2);
  const writer = writers.get(named);
  if (writer === undefined) {
    const hex = named.toString(16).padStart(16, '0');
    return failed(
      'unknown-schema',
      `no schema with the fingerprint ${hex} is known here: update Steerstream, or its producer`,
    );
  }
  try {
    const cursor = new Cursor(bytes, HEADER_LENGTH);
    writer.check(cursor);
    const left = bytes.length - cursor.position;
    if (left > 0) return failed('bad-bytes', `${left} bytes follow the value`);
    return { ok: true, value: reader.fromBuffer(bytes.subarray(HEADER_LENGTH), writer.resolver) };
  } catch (error) {
    // What avsc throws for bytes that passed the check is about the bytes too: it has no other input.
    const detail = error instanceof Error ? error.message : String(error);
    return failed('bad-bytes', `not what its schema says: ${detail}`);
  }
}

function failed(reason: 'bad-bytes' | 'unknown-schema', message: string): Decoded<never> {
  return { ok: false, reason, message };
}

/** Times stay numbers (ms): without a class given for it, avsc reads a logical type as what lies under it. */
function typeOf(schema: Schema): Type {
  return avsc.Type.forSchema(structuredClone(schema), { omitRecordMethods: true });
}

function fingerprintOf(type: Type): bigint {
  return fingerprint(JSON.stringify(type.schema()));
}
