/** Avro single-object encoding by plain avsc, from the schema files alone: for a producer that may break contracts, and a judge. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import avsc, { type Schema, type Type } from 'avsc';
import { schemaFolder } from '../../../src/events/schema-files.js';
import { schemaFingerprint } from '../../../src/events/single-object.js';

export type SchemaName = 'interaction' | 'profile-event' | 'catalogue-item' | 'recommendation-list' | 'dead-letter';

export const HEADER_LENGTH = 10;

export interface Schemaed {
  readonly type: Type;
  /** C3 01 and the fingerprint. */
  readonly header: Buffer;
}

const loaded = new Map<SchemaName, Schemaed>();

export function schemaOf(name: SchemaName): Schemaed {
  const known = loaded.get(name);
  if (known) return known;
  const schema = JSON.parse(readFileSync(path.join(schemaFolder(), `${name}.avsc`), 'utf8')) as Schema;
  const header = Buffer.alloc(HEADER_LENGTH);
  header.writeUInt16LE(0x01c3, 0);
  header.writeBigUInt64LE(schemaFingerprint(schema), 2);
  const made = { type: avsc.Type.forSchema(schema), header };
  loaded.set(name, made);
  return made;
}

export function encode(name: SchemaName, value: unknown): Buffer {
  const { type, header } = schemaOf(name);
  return Buffer.concat([header, type.toBuffer(value)]);
}

/** @throws Error for whatever does not begin with the header, or does not end with the value */
export function decode(name: SchemaName, bytes: Buffer): unknown {
  const { type, header } = schemaOf(name);
  if (!bytes.subarray(0, HEADER_LENGTH).equals(header)) throw new Error(`no ${name} begins so`);
  return type.fromBuffer(bytes.subarray(HEADER_LENGTH));
}
