/** Codecs: typed events <-> Avro bytes. */
import type { z } from 'zod';
import { CONTRACTS, type ContractName, type Contracts } from './contracts.js';
import { readSchemas } from './schema-files.js';
import { type Decoded, singleObjectFormat } from './single-object.js';

export type { Decoded } from './single-object.js';

export interface Codec<T> {
  /** @throws Error when the value breaks its contract: such bytes would be a dead letter of their reader. */
  encode(value: T): Buffer;
  /** Never throws: bytes come from anyone. Values are plain objects. */
  decode(bytes: Buffer): Decoded<T>;
}

/** The codec of a contract, such as `createCodec('interaction')`. Reads the schema files: make it once. */
export function createCodec<Name extends ContractName>(name: Name): Codec<Contracts[Name]> {
  const format = singleObjectFormat(readSchemas(name));
  const contract: z.ZodType<Contracts[Name]> = CONTRACTS[name];
  return {
    encode(value) {
      const checked = contract.safeParse(value);
      if (!checked.success) throw new Error(`not a valid ${name}: ${problems(checked.error)}`);
      return format.encode(checked.data);
    },
    decode(bytes) {
      const decoded = format.decode(bytes);
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
