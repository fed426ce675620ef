/**
 * Avro single-object encoding: C3 01, the CRC-64-AVRO fingerprint of the writer's schema (little-endian), the body.
 * What any known version wrote is resolved to the current one.
 */
import type { Schema, Type } from 'avsc';
import { type BodyReader, bodyReader, bodyWriter, type Decoded, failed, typeOf } from './avro-body.js';
import { fingerprint } from './fingerprint.js';
import type { ContractSchemas } from './schema-files.js';

const MARK = 0x01c3;
const HEADER_LENGTH = 10;

/** Values as avsc has them: records as objects, nullable fields as the value or null. */
export interface SingleObjectFormat {
  /** What values of the current schema begin with. */
  readonly head: Buffer;
  /** @throws Error when the value does not fit the schema. */
  encode(value: unknown): Buffer;
  decode(bytes: Buffer): Decoded<unknown>;
}

/** @throws Error when the current schema cannot read what an earlier one wrote. */
export function singleObjectFormat(schemas: ContractSchemas): SingleObjectFormat {
  const current = typeOf(schemas.current);
  const readers = new Map<bigint, BodyReader>();
  for (const schema of schemas.history) {
    const writer = typeOf(schema);
    readers.set(fingerprintOf(writer), bodyReader(current, writer));
  }
  const own = fingerprintOf(current);
  // Last, so that an identical earlier version does not make a detour of it.
  readers.set(own, bodyReader(current, current));
  const head = header(own);
  return {
    head,
    encode: bodyWriter(current, head),
    decode: (bytes) => decode(readers, bytes),
  };
}

/** The schema's fingerprint, unsigned. */
export function schemaFingerprint(schema: Schema): bigint {
  return fingerprintOf(typeOf(schema));
}

function header(named: bigint): Buffer {
  const bytes = Buffer.alloc(HEADER_LENGTH);
  bytes.writeUInt16LE(MARK, 0);
  bytes.writeBigUInt64LE(named, 2);
  return bytes;
}

function decode(readers: ReadonlyMap<bigint, BodyReader>, bytes: Buffer): Decoded<unknown> {
  if (bytes.length < HEADER_LENGTH || bytes.readUInt16LE(0) !== MARK) {
    return failed(
      'bad-bytes',
      'not Avro single-object encoding: it begins with C3 01 and the fingerprint of its schema',
    );
  }
  const named = bytes.readBigUInt64LE(2);
  const read = readers.get(named);
  if (read !== undefined) return read(bytes, HEADER_LENGTH);
  const hex = named.toString(16).padStart(16, '0');
  return failed(
    'unknown-schema',
    `no schema with the fingerprint ${hex} is known here: update Steerstream, or its producer`,
  );
}

function fingerprintOf(type: Type): bigint {
  return fingerprint(JSON.stringify(type.schema()));
}
