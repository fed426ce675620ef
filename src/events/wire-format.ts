/** How the values of records are framed, so that their reader knows which schema wrote them. */
import type { SourceRecord } from './classify.js';
import { type Codec, createCodec, type Decoder, type Encoder } from './codec.js';
import type { ContractName, Contracts } from './contracts.js';

/** The decoder of each contract. */
export type Decoders = <Name extends ContractName>(contract: Name) => Decoder<Contracts[Name]>;

export interface WireFormat {
  /**
   * Learns whatever schemas these records name, so that the decoders which come back need not wait for anything: they
   * are for these records and no others.
   * @throws Unavailable while the schemas cannot be asked for
   */
  prepare(records: readonly Pick<SourceRecord, 'value'>[]): Promise<Decoders>;
  /**
   * The encoder of what a topic holds, once its readers can know the contract's schema.
   * @throws Unavailable while the schema cannot be made known; Error when it is refused
   */
  encoder<Name extends ContractName>(contract: Name, topic: string): Promise<Encoder<Contracts[Name]>>;
}

const made = new Map<ContractName, unknown>();

/** One codec for each contract: they read the schema files. */
function codecOf<Name extends ContractName>(contract: Name): Codec<Contracts[Name]> {
  const codec = made.get(contract) ?? createCodec(contract);
  made.set(contract, codec);
  return codec as Codec<Contracts[Name]>;
}

/** Avro single-object encoding: every schema comes with the package, and nothing is waited for. */
export const SINGLE_OBJECT: WireFormat = {
  prepare: async () => codecOf,
  encoder: async (contract) => codecOf(contract),
};
