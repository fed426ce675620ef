/** Schemas of others: what is refused would let few bytes cost much. */
import type { Schema } from 'avsc';
import { describe, expect, it } from 'vitest';
import { bodyReader, typeOf } from './avro-body.js';
import { wireCheck } from './wire-check.js';

const field = (name: string, type: unknown) => ({ name, type });
const record = (name: string, ...fields: object[]) => ({ type: 'record', name, fields });
const check = (schema: object) => wireCheck(typeOf(schema as Schema));

/** A record of two fields of a record of two fields ...: as many leaves as 2 to the power of `depth`. */
function doubling(depth: number, leaf: unknown): object {
  let inner = leaf;
  for (let level = 0; level < depth; level += 1) {
    inner = record(`R${level}`, field('a', inner), field('b', level === 0 ? leaf : `R${level - 1}`));
  }
  return inner as object;
}

/** Each record is used by the next one, so that none is nested deep where it is defined. */
function chain(length: number): object {
  const links = Array.from({ length }, (_, index) =>
    field(`f${index}`, record(`R${index}`, field('next', index === 0 ? 'int' : `R${index - 1}`))),
  );
  return record('Top', ...links);
}

describe('the wire check refuses', () => {
  it('a type that contains itself', () => {
    const tree = record('Tree', field('children', { type: 'array', items: 'Tree' }));
    expect(() => check(tree)).toThrow('the type Tree contains itself');
    const list = record('List', field('next', ['null', 'List']));
    expect(() => check(list)).toThrow('the type List contains itself');
  });

  it('deep nesting, hidden behind names or not', () => {
    let nested: object = { type: 'array', items: 'int' };
    for (let level = 0; level < 40; level += 1) nested = { type: 'array', items: nested };
    expect(() => check(nested)).toThrow('deeper than 32');
    expect(() => check(chain(40))).toThrow('deeper than 32');
    expect(() => check(chain(20))).not.toThrow();
  });

  it('values without bytes', () => {
    expect(() => check(doubling(20, 'null'))).toThrow('null stands outside a union');
    expect(() => check({ type: 'array', items: 'null' })).toThrow('null stands outside a union');
    expect(() => check(record('Outer', field('empty', record('Empty'))))).toThrow('the record Empty has no fields');
    expect(() => check(record('R', field('a', ['null', 'int'])))).not.toThrow();
  });
});

it('a schema that doubles is checked as far as there are bytes', () => {
  const type = typeOf(doubling(30, 'int') as Schema);
  const read = bodyReader(type, type);
  expect(read(Buffer.alloc(1000), 0)).toMatchObject({ ok: false, reason: 'bad-bytes' });
});
