import { describe, expect, it } from 'vitest';
import { fingerprint } from './fingerprint.js';
import { schemaFingerprint } from './single-object.js';

describe('CRC-64-AVRO', () => {
  // From Avro's own share/test/data/schema-tests.txt (signed there).
  it.each([
    ['"null"', 7195948357588979594n],
    ['"boolean"', -6970731678124411036n],
    ['"int"', 8247732601305521295n],
    ['"long"', -3434872931120570953n],
    ['"float"', 5583340709985441680n],
    ['"double"', -8181574048448539266n],
    ['"bytes"', 5746618253357095269n],
    ['"string"', -8142146995180207161n],
    ['["int"]', -5232228896498058493n],
    ['{"name":"foo","type":"record","fields":[]}', -4824392279771201922n],
    ['{"name":"foo","type":"enum","symbols":["A1"]}', -6342190197741309591n],
    ['{"name":"foo","type":"fixed","size":15}', 1756455273707447556n],
  ])('of %s', (canonical, expected) => {
    expect(BigInt.asIntN(64, fingerprint(canonical))).toBe(expected);
  });

  it('is taken of the canonical form: only what changes the bytes changes it', () => {
    const plain = { type: 'record', name: 'n.R', fields: [{ name: 'a', type: 'long' }] } as const;
    const told = {
      doc: 'told',
      namespace: 'n',
      name: 'R',
      aliases: ['Old'],
      type: 'record',
      fields: [{ doc: 'a', default: 0, type: { type: 'long', logicalType: 'timestamp-millis' }, name: 'a' }],
    } as const;
    expect(schemaFingerprint(told as never)).toBe(schemaFingerprint(plain as never));
    expect(schemaFingerprint(plain as never)).toBe(
      fingerprint('{"name":"n.R","type":"record","fields":[{"name":"a","type":"long"}]}'),
    );
  });
});
