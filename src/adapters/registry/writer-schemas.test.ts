import { describe, expect, it } from 'vitest';
import { interaction } from '../../../test/builders/events.js';
import { typeOf } from '../../events/avro-body.js';
import { readSchemas } from '../../events/schema-files.js';
import { WriterSchemas } from './writer-schemas.js';

const ours = readSchemas('interaction').current;
const reader = typeOf(ours);
const bytes = reader.toBuffer(interaction());
const registered = (schema: unknown, more: object = {}) => ({
  schema: JSON.stringify(schema),
  schemaType: 'AVRO',
  references: [],
  ...more,
});

/** What reading our bytes says when this is what the registry has. */
async function read(answer: ReturnType<typeof registered> | undefined): Promise<string> {
  const schema = (await new WriterSchemas(async () => answer).of(new Set([7]))).get(7);
  const decoded = schema?.(reader)(bytes, 0);
  if (decoded === undefined) throw new Error('nothing came back');
  return decoded.ok ? 'ok' : `${decoded.reason}: ${decoded.message}`;
}

describe('a schema that the registry has', () => {
  it('is read as one of ours', async () => {
    expect(await read(registered(ours))).toBe('ok');
  });

  it.each([
    ['of another kind', registered({}, { schemaType: 'PROTOBUF' }), 'type PROTOBUF: only AVRO'],
    ['that refers to others', registered(ours, { references: [{ name: 'x' }] }), 'refers to other schemas'],
    ['that is too long', registered({ ...(ours as object), doc: 'x'.repeat(2 ** 18) }), 'longer than 262144'],
    ['that is no JSON', registered(ours, { schema: '{' }), 'is no Avro schema'],
    ['that is no schema', registered({ type: 'recrod' }), 'is no Avro schema'],
    ['of something else', registered({ type: 'record', name: 'X', fields: [] }), 'cannot be read as'],
    ['of something nameless', registered('string'), 'cannot be read as'],
  ])('%s is told', async (_, answer, message) => {
    const said = await read(answer);
    expect(said).toContain('unknown-schema: schema 7 ');
    expect(said).toContain(message);
    expect(said.length).toBeLessThan(500);
  });
});

describe('asking', () => {
  it('happens once for an id, however many wait for it', async () => {
    const asked: number[] = [];
    const answer = Promise.withResolvers<ReturnType<typeof registered>>();
    const schemas = new WriterSchemas((id) => {
      asked.push(id);
      return answer.promise;
    });
    const waiting = [schemas.of(new Set([1, 2])), schemas.of(new Set([2, 1]))];
    answer.resolve(registered(ours));
    for (const found of await Promise.all(waiting)) expect([...found.keys()].sort()).toEqual([1, 2]);
    await schemas.of(new Set([1, 2]));
    expect(asked).toEqual([1, 2]);
  });

  it('happens again, later, for an id that was unknown', async () => {
    let [now, asked, answer]: [number, number, ReturnType<typeof registered> | undefined] = [0, 0, undefined];
    const schemas = new WriterSchemas(
      async () => {
        asked += 1;
        return answer;
      },
      () => now,
    );
    const isKnown = async (): Promise<boolean> =>
      (await schemas.of(new Set([7]))).get(7)?.(reader)(bytes, 0).ok ?? false;
    expect(await isKnown()).toBe(false);
    answer = registered(ours);
    now = 9_000;
    expect([await isKnown(), asked]).toEqual([false, 1]);
    now = 11_000;
    expect([await isKnown(), asked]).toEqual([true, 2]);
    now = 1e12;
    expect([await isKnown(), asked]).toEqual([true, 2]);
  });

  it('fails as the registry does, and then happens again', async () => {
    let down = true;
    const schemas = new WriterSchemas(async () => {
      if (down) throw new Error('down');
      return registered(ours);
    });
    await expect(schemas.of(new Set([1, 2, 3]))).rejects.toThrow('down');
    down = false;
    expect((await schemas.of(new Set([1, 2, 3]))).size).toBe(3);
  });

  it('remembers a bounded number of ids, those used last', async () => {
    const asked: number[] = [];
    const schemas = new WriterSchemas(async (id) => {
      asked.push(id);
      return undefined;
    });
    const use = async (from: number, count = 1): Promise<number> => {
      const { size } = await schemas.of(new Set(Array.from({ length: count }, (_, index) => from + index)));
      expect(size).toBe(count);
      return asked.length;
    };
    expect(await use(1, 5000)).toBe(5000);
    expect(await use(4001, 1000)).toBe(5000);
    expect(await use(4001)).toBe(5000);
    expect(await use(5001)).toBe(5001);
    expect(await use(4001)).toBe(5001);
    expect(await use(4002)).toBe(5002);
  });
});
