/** Codecs: typed events <-> Avro bytes. */
import type { z } from 'zod';
import { CONTRACTS, type ContractName, type Contracts } from './contracts.js';
import { type Decoded, failed } from './avro-body.js';
import { framedSchemaId } from './confluent-framing.js';
import { quickInteractionReader } from './quick-interaction.js';
import { quickListWriter } from './quick-list.js';
import { readSchemas } from './schema-files.js';
import { singleObjectFormat } from './single-object.js';

export type { Decoded } from './avro-body.js';

export interface Encoder<T> {
  /** @throws Error when the value breaks its contract: such bytes would be a dead letter of their reader. */
  encode(value: T): Buffer;
}

export interface Decoder<T> {
  /** Never throws: bytes come from anyone. Values are plain objects. */
  decode(bytes: Buffer): Decoded<T>;
}

export interface Codec<T> extends Encoder<T>, Decoder<T> {}

/** The codec of a contract, such as `createCodec('interaction')`. Reads the schema files: make it once. */
export function createCodec<Name extends ContractName>(name: Name): Codec<Contracts[Name]> {
  const format = singleObjectFormat(readSchemas(name));
  const decodeValue = (bytes: Buffer): Decoded<unknown> => {
    const schemaId = framedSchemaId(bytes);
    if (schemaId === undefined) return format.decode(bytes);
    return failed(
      'unknown-schema',
      `schema ${schemaId} of a schema registry wrote it (its first byte is 00): name that registry in the configuration (STEERSTREAM_REGISTRY_URL)`,
    );
  };
  return {
    ...checkedEncoder(name, (value) => format.encode(value), format.head),
    ...quicker(name, checkedDecoder(name, decodeValue), format.head),
  };
}

/** What is read most is read in one pass, where it is plain. */
function quicker<Name extends ContractName>(
  name: Name,
  decoder: Decoder<Contracts[Name]>,
  head: Buffer,
): Decoder<Contracts[Name]> {
  if (name !== 'interaction') return decoder;
  const quick = quickInteractionReader(head) as (bytes: Buffer) => Contracts[Name] | undefined;
  return {
    decode(bytes) {
      const value = quick(bytes);
      return value === undefined ? decoder.decode(bytes) : { ok: true, value };
    },
  };
}

/**
 * Encodes what fulfils the contract.
 * @param head what `encodeValue` puts before the body: what is written most is written in one pass, where it is plain
 */
export function checkedEncoder<Name extends ContractName>(
  name: Name,
  encodeValue: (value: unknown) => Buffer,
  head: Buffer,
): Encoder<Contracts[Name]> {
  const contract: z.ZodType<Contracts[Name]> = CONTRACTS[name];
  const quick =
    name === 'recommendation-list'
      ? (quickListWriter(head) as (value: Contracts[Name]) => Buffer | undefined)
      : () => undefined;
  return {
    encode(value) {
      const quickly = quick(value);
      if (quickly !== undefined) return quickly;
      const checked = contract.safeParse(value);
      if (!checked.success) throw new Error(`not a valid ${name}: ${problems(checked.error)}`);
      return encodeValue(checked.data);
    },
  };
}

/** Decodes what fulfils the contract. */
export function checkedDecoder<Name extends ContractName>(
  name: Name,
  decodeValue: (bytes: Buffer) => Decoded<unknown>,
): Decoder<Contracts[Name]> {
  const contract: z.ZodType<Contracts[Name]> = CONTRACTS[name];
  return {
    decode(bytes) {
      const decoded = decodeValue(bytes);
      if (!decoded.ok) return decoded;
      const checked = contract.safeParse(decoded.value);
      if (checked.success) return { ok: true, value: checked.data };
      return { ok: false, reason: 'invalid-value', message: `not a valid ${name}: ${problems(checked.error)}` };
    },
  };
}

/** The first problems, each with where it is; bounded, since the value was anyone's. */
function problems(error: z.ZodError): string {
  const told = error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.join('.').slice(0, 100)}: ${issue.message.slice(0, 200)}`);
  return told.join('; ');
}
