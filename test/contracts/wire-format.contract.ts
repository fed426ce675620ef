/** What every way of framing records promises, whatever names the writer's schema. */
import type { Schema } from 'avsc';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Decoded, Decoder } from '../../src/events/codec.js';
import type { ContractName } from '../../src/events/contracts.js';
import { readSchemas } from '../../src/events/schema-files.js';
import type { WireFormat } from '../../src/events/wire-format.js';
import { CONTRACT_VALUES, FIRST_VALUES } from '../builders/contract-values.js';
import { interaction, profileEvent } from '../builders/events.js';

export interface WireFormatUnderTest {
  readonly format: WireFormat;
  /** Another instance, as another process would have. */
  another(): WireFormat;
  /** As a producer whose contract is this schema writes a value of it. */
  written(schema: Schema, value: unknown, topic: string): Promise<Buffer>;
  /** Bytes before the Avro body. */
  readonly headLength: number;
  dispose?(): Promise<void>;
}

const NAMES = Object.keys(CONTRACT_VALUES) as ContractName[];

export function wireFormatContract(name: string, open: () => Promise<WireFormatUnderTest>): void {
  describe(`wire format: ${name}`, () => {
    let under: WireFormatUnderTest;
    beforeAll(async () => {
      under = await open();
    });
    afterAll(() => under.dispose?.());

    const decoded = async (contract: ContractName, value: Buffer): Promise<Decoded<unknown>> =>
      (await decoderOf(under.another(), contract, value)).decode(value);

    describe.each(NAMES)('%s', (contract) => {
      const valid: fc.Arbitrary<unknown> = CONTRACT_VALUES[contract];

      it('comes back as it was written, through another instance', async () => {
        const encoder = await under.format.encoder(contract, contract);
        const reader = under.another();
        await fc.assert(
          fc.asyncProperty(valid, async (value) => {
            const bytes = encoder.encode(value as never);
            expect((await decoderOf(reader, contract, bytes)).decode(bytes)).toStrictEqual({ ok: true, value });
          }),
        );
      });

      it('never throws nor hangs on broken bodies', async () => {
        const { format, headLength } = under;
        const encoder = await format.encoder(contract, contract);
        const breakage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 12 });
        await fc.assert(
          fc.asyncProperty(valid, breakage, fc.nat(), async (value, changes, cut) => {
            const bytes = encoder.encode(value as never);
            const decoder = await decoderOf(format, contract, bytes);
            const short = bytes.subarray(0, headLength + (cut % (bytes.length - headLength)));
            expect(decoder.decode(short)).toMatchObject({ ok: false, reason: 'bad-bytes' });
            for (const [at, byte] of changes) bytes[headLength + (at % (bytes.length - headLength))] = byte;
            expect(decoder.decode(bytes)).toHaveProperty('ok');
          }),
          { numRuns: 300 },
        );
      });

      it('is read from every committed version of its schema', async () => {
        const encoder = await under.format.encoder(contract, contract);
        const [value] = fc.sample<unknown>(FIRST_VALUES[contract], 1);
        const bytes = encoder.encode(value as never);
        for (const earlier of readSchemas(contract).history) {
          const written = await under.written(earlier, value, contract);
          expect(await decoded(contract, written)).toStrictEqual(await decoded(contract, bytes));
        }
      });
    });

    it('makes values what they were, in the order of the records, tombstones among them', async () => {
      const encoder = await under.format.encoder('interaction', 'interaction');
      const events = Array.from({ length: 20 }, (_, index) => interaction({ eventId: `e${index}` }));
      const values = events.map((event) => encoder.encode(event));
      const decoders = await under.another().prepare([{ value: null }, ...values.map((value) => ({ value }))]);
      const read = values.map((value) => decoders('interaction').decode(value));
      expect(read).toEqual(events.map((value) => ({ ok: true, value })));
    });

    it('tells another contract from what it asked for', async () => {
      const bytes = (await under.format.encoder('profile-event', 'profile-event')).encode(profileEvent());
      expect(await decoded('interaction', bytes)).toMatchObject({ ok: false, reason: 'unknown-schema' });
    });

    it('tells what is no record of anybody', async () => {
      for (const bytes of [Buffer.alloc(0), Buffer.alloc(3), Buffer.alloc(100), Buffer.from('{"eventId":"json"}')]) {
        expect(await decoded('interaction', bytes)).toMatchObject({ ok: false, reason: 'bad-bytes' });
      }
    });

    it('writes nothing that breaks its contract', async () => {
      const encoder = await under.format.encoder('interaction', 'interaction');
      expect(() => encoder.encode(interaction({ userId: '' }))).toThrow('not a valid interaction: userId');
    });
  });
}

async function decoderOf(format: WireFormat, contract: ContractName, value: Buffer): Promise<Decoder<unknown>> {
  return (await format.prepare([{ value }]))(contract);
}
