/** The wire format with a schema registry, on a real one. */
import type { Schema } from 'avsc';
import { describe, expect, it } from 'vitest';
import type { RegistryOptions } from '../../src/adapters/registry/options.js';
import { RegistryRefused } from '../../src/adapters/registry/refused.js';
import { registryFormat } from '../../src/adapters/registry/registry-format.js';
import { typeOf } from '../../src/events/avro-body.js';
import type { Decoded } from '../../src/events/codec.js';
import { frameOf, framedSchemaId } from '../../src/events/confluent-framing.js';
import type { ContractName } from '../../src/events/contracts.js';
import { readSchemas } from '../../src/events/schema-files.js';
import { SINGLE_OBJECT, type WireFormat } from '../../src/events/wire-format.js';
import { interaction, profileEvent } from '../builders/events.js';
import { uniqueName, useRegistry } from '../services/use.js';
import { wireFormatContract } from './wire-format.contract.js';

const url = await useRegistry();
const ours = readSchemas('interaction').current as object;

function open(more: Partial<RegistryOptions> = {}): WireFormat {
  return registryFormat({ urls: [url], write: 'confluent', register: true, ...more });
}

/** The registry's own API, as any other program uses it. */
async function call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
  const response = await fetch(`${url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  return (await response.json()) as Record<string, unknown>;
}

async function register(topic: string, schema: unknown, more: object = {}): Promise<number> {
  const path = `/subjects/${topic}-value/versions`;
  const answer = await call('POST', path, { schema: JSON.stringify(schema), ...more });
  if (typeof answer['id'] !== 'number') throw new Error(JSON.stringify(answer));
  return answer['id'];
}

/** As another producer writes a value of its own schema. */
async function written(schema: Schema, value: unknown, topic: string): Promise<Buffer> {
  return Buffer.concat([frameOf(await register(topic, schema)), typeOf(schema).toBuffer(value)]);
}

const told = (answer: Decoded<unknown>): string => (answer.ok ? 'ok' : `${answer.reason}: ${answer.message}`);

async function decoded(format: WireFormat, contract: ContractName, value: Buffer): Promise<Decoded<unknown>> {
  return (await format.prepare([{ value }]))(contract).decode(value);
}

wireFormatContract('a schema registry', async () => {
  const suffix = uniqueName('contract');
  const format = open();
  const onTopic = (wire: WireFormat): WireFormat => ({
    prepare: (records) => wire.prepare(records),
    encoder: (contract, topic) => wire.encoder(contract, `${topic}-${suffix}`),
  });
  return {
    format: onTopic(format),
    another: () => onTopic(open()),
    written: (schema, value, topic) => written(schema, value, `${topic}-${suffix}`),
    headLength: 5,
  };
});

describe('our schemas', () => {
  it('are registered under TOPIC-value, once, and the id stands in every record', async () => {
    const topic = uniqueName('lists');
    const bytes = (await open().encoder('interaction', topic)).encode(interaction());
    const latest = await call('GET', `/subjects/${topic}-value/versions/latest`);
    expect(latest).toMatchObject({ version: 1, id: framedSchemaId(bytes) });
    expect(JSON.parse(String(latest['schema']))).toEqual(ours);
    await open().encoder('interaction', topic);
    expect(await call('GET', `/subjects/${topic}-value/versions`)).toEqual([1]);
  });

  it('leave the compatibility of a subject as it is', async () => {
    const topic = uniqueName('lists');
    await register(topic, ours);
    await call('PUT', `/config/${topic}-value`, { compatibility: 'FULL_TRANSITIVE' });
    await open().encoder('interaction', topic);
    expect(await call('GET', `/config/${topic}-value`)).toEqual({ compatibilityLevel: 'FULL_TRANSITIVE' });
  });

  it('are looked up and no more where they may not be registered', async () => {
    const topic = uniqueName('lists');
    const format = open({ register: false });
    await expect(format.encoder('interaction', topic)).rejects.toThrow(RegistryRefused);
    await expect(format.encoder('interaction', topic)).rejects.toThrow('register it');
    const id = await register(topic, ours);
    const encoder = await format.encoder('interaction', topic);
    expect(framedSchemaId(encoder.encode(interaction()))).toBe(id);
    expect(await call('GET', `/subjects/${topic}-value/versions`)).toEqual([1]);
  });

  it('stop the start where the subject will not have them', async () => {
    const topic = uniqueName('lists');
    await register(topic, { type: 'record', name: 'Other', fields: [{ name: 'other', type: 'int' }] });
    await call('PUT', `/config/${topic}-value`, { compatibility: 'BACKWARD' });
    const refused = open().encoder('interaction', topic);
    await expect(refused).rejects.toThrow(RegistryRefused);
    await expect(refused).rejects.toThrow(`our schema for "${topic}-value" is not compatible`);
  });
});

describe('both framings', () => {
  it('are read, whichever is written', async () => {
    const topic = uniqueName('interactions');
    const event = interaction();
    const framed = (await open().encoder('interaction', topic)).encode(event);
    const single = (await open({ write: 'single-object' }).encoder('interaction', topic)).encode(event);
    expect([framed[0], single[0]]).toEqual([0x00, 0xc3]);
    for (const write of ['confluent', 'single-object'] as const) {
      const decoders = await open({ write }).prepare([{ value: framed }, { value: single }]);
      const read = [framed, single].map((value) => decoders('interaction').decode(value));
      expect(read).toEqual([
        { ok: true, value: event },
        { ok: true, value: event },
      ]);
    }
  });

  it('need no registry where only one is met and written', async () => {
    const format = open({ urls: ['http://127.0.0.1:1'], write: 'single-object' });
    const bytes = (await format.encoder('interaction', 'any')).encode(interaction());
    expect(await decoded(format, 'interaction', bytes)).toMatchObject({ ok: true });
  });

  it('without a registry, tell what it takes', async () => {
    const framed = (await open().encoder('interaction', uniqueName('interactions'))).encode(interaction());
    const said = told(await decoded(SINGLE_OBJECT, 'interaction', framed));
    expect(said).toMatch(/^unknown-schema: .*STEERSTREAM_REGISTRY_URL/);
  });
});

describe('schemas of other producers', () => {
  const withFields = (...fields: object[]): Schema => ({ ...ours, fields }) as Schema;

  it('are resolved to ours: other fields, another order, defaults, another namespace, Java’s and logical types', async () => {
    const text = { type: 'string', 'avro.java.string': 'String' };
    const fields = [
      { name: 'occurredAt', type: { type: 'long', logicalType: 'timestamp-millis' } },
      { name: 'tags', type: { type: 'map', values: { type: 'array', items: 'string' } } },
      { name: 'kind', type: text },
      { name: 'itemId', type: text },
      { name: 'userId', type: text },
      { name: 'eventId', type: text },
    ];
    const theirs = { ...ours, fields, namespace: 'com.example.platform' } as Schema;
    const { eventId, userId, itemId, kind, occurredAt } = interaction();
    const value = { eventId, userId, itemId, kind, occurredAt, tags: { a: ['b', 'c'] } };
    const bytes = await written(theirs, value, uniqueName('interactions'));
    const event = { eventId, userId, itemId, kind, occurredAt, value: null, listId: null, context: null };
    expect(await decoded(open(), 'interaction', bytes)).toStrictEqual({ ok: true, value: event });
  });

  it('that lack what is needed are told', async () => {
    const bytes = await written(withFields({ name: 'eventId', type: 'string' }), { eventId: 'e' }, uniqueName('t'));
    const said = told(await decoded(open(), 'interaction', bytes));
    expect(said).toMatch(/^unknown-schema: schema \d+ cannot be read as .*userId/);
  });

  it('that refer to others, or are no Avro, are told', async () => {
    const [topic, part] = [uniqueName('whole'), uniqueName('part')];
    await register(part, { type: 'record', name: 'Part', fields: [{ name: 'a', type: 'int' }] });
    const references = [{ name: 'Part', subject: `${part}-value`, version: 1 }];
    const whole = { type: 'record', name: 'Whole', fields: [{ name: 'part', type: 'Part' }] };
    const referring = frameOf(await register(topic, whole, { references, schemaType: 'AVRO' }));
    const composed = await decoded(open(), 'interaction', Buffer.concat([referring, Buffer.of(2)]));
    expect(told(composed)).toMatch(/^unknown-schema: .*refers to other schemas/);
    const json = frameOf(
      await register(
        uniqueName('json'),
        { $schema: 'http://json-schema.org/draft-07/schema#' },
        { schemaType: 'JSON' },
      ),
    );
    const answer = await decoded(open(), 'interaction', Buffer.concat([json, Buffer.from('{}')]));
    expect(told(answer)).toMatch(/^unknown-schema: .*only AVRO/);
  });

  it('that the registry does not have are told, beside records that are read', async () => {
    const good = (await open().encoder('profile-event', uniqueName('profiles'))).encode(profileEvent());
    const unknown = Buffer.concat([frameOf(2 ** 31 - 1), good.subarray(5)]);
    const format = open();
    const decoders = await format.prepare([{ value: unknown }, { value: good }]);
    expect(decoders('profile-event').decode(good)).toMatchObject({ ok: true });
    const said = told(decoders('profile-event').decode(unknown));
    expect(said).toMatch(/^unknown-schema: schema 2147483647 is not in the schema registry/);
  });

  it('never throw nor hang on ids that nobody gave', async () => {
    const good = (await open().encoder('interaction', uniqueName('interactions'))).encode(interaction());
    const format = open();
    const values = [0, -1, 2 ** 31 - 2, 1 << 24, -(2 ** 31)].map((id) =>
      Buffer.concat([frameOf(id), good.subarray(5)]),
    );
    const decoders = await format.prepare(values.map((value) => ({ value })));
    for (const value of values) expect(decoders('interaction').decode(value)).toMatchObject({ ok: false });
  });
});
