/** CRC-64-AVRO, the Rabin fingerprint of the Avro specification: what single-object encoding names a schema by. */

const EMPTY = 0xc15d213aa4d7a795n;

const TABLE: readonly bigint[] = Array.from({ length: 256 }, (_, byte) => {
  let value = BigInt(byte);
  for (let bit = 0; bit < 8; bit += 1) value = (value >> 1n) ^ (value & 1n ? EMPTY : 0n);
  return value;
});

/** The fingerprint of a schema's Parsing Canonical Form, unsigned. */
export function fingerprint(canonicalForm: string): bigint {
  let value = EMPTY;
  for (const byte of Buffer.from(canonicalForm, 'utf8')) {
    value = (value >> 8n) ^ (TABLE[Number((value ^ BigInt(byte)) & 0xffn)] ?? 0n);
  }
  return value;
}
