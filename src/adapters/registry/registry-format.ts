/**
 * Values in Confluent's framing, their schemas in a registry under `TOPIC-value`. Both framings are read, whichever is
 * written, so that the programs of a platform can move over one after the other.
 */
import type { Type } from 'avsc';
import { bodyWriter, typeOf } from '../../events/avro-body.js';
import { checkedDecoder, checkedEncoder, type Decoder, type Encoder } from '../../events/codec.js';
import { FRAME_LENGTH, frameOf, framedSchemaId } from '../../events/confluent-framing.js';
import type { ContractName, Contracts } from '../../events/contracts.js';
import { readSchemas } from '../../events/schema-files.js';
import { SINGLE_OBJECT, type WireFormat } from '../../events/wire-format.js';
import type { RegistryOptions } from './options.js';
import { RegistryClient } from './registry-client.js';
import { type WriterSchema, WriterSchemas } from './writer-schemas.js';

/** @throws (later, by what it returns) Unavailable, and RegistryRefused where a schema of ours is refused */
export function registryFormat(options: RegistryOptions): WireFormat {
  const client = new RegistryClient(options);
  const schemas = new WriterSchemas((id) => client.schema(id));
  const encoders = new Map<string, Promise<unknown>>();
  return {
    async prepare(records) {
      const ids = new Set(records.flatMap(({ value }) => framedSchemaId(value) ?? []));
      const known = await schemas.of(ids);
      const singles = await SINGLE_OBJECT.prepare(records);
      return (contract) => eitherDecoder(framedDecoder(contract, known), singles(contract));
    },
    encoder<Name extends ContractName>(contract: Name, topic: string): Promise<Encoder<Contracts[Name]>> {
      if (options.write === 'single-object') return SINGLE_OBJECT.encoder(contract, topic);
      const name = `${contract} ${topic}`;
      const made = encoders.get(name) ?? registeredEncoder(client, contract, topic);
      encoders.set(name, made);
      // What failed is tried again when it is asked for again.
      made.catch(() => encoders.delete(name));
      return made as Promise<Encoder<Contracts[Name]>>;
    },
  };
}

async function registeredEncoder<Name extends ContractName>(
  client: RegistryClient,
  contract: Name,
  topic: string,
): Promise<Encoder<Contracts[Name]>> {
  const id = await client.idOf(`${topic}-value`, readSchemas(contract).current);
  const head = frameOf(id);
  return checkedEncoder(contract, bodyWriter(typeFor(contract), head), head);
}

function framedDecoder<Name extends ContractName>(
  contract: Name,
  known: ReadonlyMap<number, WriterSchema>,
): Decoder<Contracts[Name]> {
  const reader = typeFor(contract);
  return checkedDecoder(contract, (bytes) => {
    const schema = known.get(framedSchemaId(bytes) ?? 0);
    if (schema === undefined) throw new Error('these decoders were not prepared for this record');
    return schema(reader)(bytes, FRAME_LENGTH);
  });
}

/** The first byte tells. */
function eitherDecoder<T>(framed: Decoder<T>, single: Decoder<T>): Decoder<T> {
  return { decode: (bytes) => (framedSchemaId(bytes) === undefined ? single : framed).decode(bytes) };
}

const types = new Map<ContractName, Type>();

function typeFor(contract: ContractName): Type {
  const type = types.get(contract) ?? typeOf(readSchemas(contract).current);
  types.set(contract, type);
  return type;
}
