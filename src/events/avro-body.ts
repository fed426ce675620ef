/**
 * The Avro bytes of a value, without the framing that says which schema wrote them. Whoever reads trusts neither the
 * bytes nor the writer's schema.
 */
import avsc, { type Schema, type Type } from 'avsc';
import { wireCheck } from './wire-check.js';
import { Cursor } from './wire-cursor.js';

/** Never an exception for bad input: what is wrong, and why. */
export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: 'bad-bytes' | 'unknown-schema' | 'invalid-value'; readonly message: string };

/**
 * Reads the value that begins at `from` and ends with the bytes. Values are as avsc has them: records as objects,
 * nullable fields as the value or null.
 */
export type BodyReader = (bytes: Buffer, from: number) => Decoded<unknown>;

/**
 * Reads what one schema wrote as a value of another. Names of records count without their namespace, as Avro has it.
 * @throws Error when `reader` cannot read it, or no bytes of `writer` can be checked
 */
export function bodyReader(reader: Type, writer: Type): BodyReader {
  const check = wireCheck(writer);
  const resolver = writer === reader ? undefined : reader.createResolver(writer, { ignoreNamespaces: true });
  return (bytes, from) => {
    try {
      const cursor = new Cursor(bytes, from);
      check(cursor);
      const left = bytes.length - cursor.position;
      if (left > 0) return failed('bad-bytes', `${left} bytes follow the value`);
      // The check saw that the value ends with the bytes.
      return { ok: true, value: reader.decode(bytes, from, resolver).value };
    } catch (error) {
      // What avsc throws for bytes that passed the check is about the bytes too: it has no other input.
      const detail = error instanceof Error ? error.message : String(error);
      return failed('bad-bytes', `not what its schema says: ${detail}`);
    }
  };
}

/** Writes values after a head. @throws (when called) Error when a value does not fit the schema */
export function bodyWriter(type: Type, head: Buffer): (value: unknown) => Buffer {
  // One growing buffer, and copies out: avsc's own way encodes twice whatever exceeds 1 KiB.
  const headed = (size: number): Buffer => Buffer.concat([head], size);
  let buffer = headed(4096);
  return (value) => {
    let end = type.encode(value, buffer, head.length);
    if (end < 0) {
      buffer = headed(2 * (buffer.length - end));
      end = type.encode(value, buffer, head.length);
    }
    return Buffer.from(buffer.subarray(0, end));
  };
}

/** Times stay numbers (ms): without a class given for it, avsc reads a logical type as what lies under it. */
export function typeOf(schema: Schema): Type {
  return avsc.Type.forSchema(structuredClone(schema), { omitRecordMethods: true });
}

export function failed(reason: 'bad-bytes' | 'unknown-schema', message: string): Decoded<never> {
  return { ok: false, reason, message };
}
