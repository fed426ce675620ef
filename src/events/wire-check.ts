/**
 * Walks Avro bytes along a schema without making anything of them: lengths, counts, branches and UTF-8 must be sound
 * and end within the bytes. avsc alone trusts what it reads: a few corrupt bytes that claim 2^50 array items, or a
 * block of negative size, would make it fill the memory or read for ever. Every item takes at least one byte, so what
 * passes here has no more items than bytes.
 *
 * The schema may be anyone's too. It is refused when it is recursive, deep, or has fields without bytes: what is left
 * can be walked in steps that are bounded by the number of bytes.
 */
import avsc, { type Type } from 'avsc';
import { type Cursor, Malformed } from './wire-cursor.js';

// A CommonJS module whose names Node cannot tell beforehand: its values come through the default import.
const { types } = avsc;

/** Checks one value. @throws Malformed */
export type WireCheck = (cursor: Cursor) => void;

/** Deepest nesting of a schema. The contracts' own is below 10. */
const MAX_DEPTH = 32;

/** A check, and how deep the types below it are nested. */
interface Walked {
  readonly check: WireCheck;
  readonly height: number;
}

/** The check of a schema. @throws Error when it is one of those that are refused */
export function wireCheck(type: Type): WireCheck {
  return walk(type, 0, new Map()).check;
}

/** @param known what was walked already, since a named type may be used often; null while it is being walked */
function walk(type: Type, depth: number, known: Map<Type, Walked | null>): Walked {
  const found = known.get(type);
  if (found === null) throw new Error(`the type ${type.name ?? type.typeName} contains itself`);
  if (depth + (found?.height ?? 0) > MAX_DEPTH) throw new Error(`types are nested deeper than ${MAX_DEPTH}`);
  if (found !== undefined) return found;
  known.set(type, null);
  let height = 0;
  const check = checkOf(type, (inner) => {
    const walked = walk(inner, depth + 1, known);
    height = Math.max(height, walked.height + 1);
    return walked.check;
  });
  known.set(type, { check, height });
  return { check, height };
}

function checkOf(type: Type, inner: (type: Type) => WireCheck): WireCheck {
  if (type instanceof types.RecordType) {
    if (type.fields.length === 0) throw new Error(`the record ${type.name ?? ''} has no fields`);
    const fields = type.fields.map((field) => inner(field.type));
    return (cursor) => {
      for (const field of fields) field(cursor);
    };
  }
  if (type instanceof types.ArrayType) return blocks(inner(type.itemsType));
  if (type instanceof types.MapType) {
    const value = inner(type.valuesType as Type);
    return blocks((cursor) => {
      const from = cursor.position;
      cursor.text();
      // As a key of an object it would vanish without a word.
      if (cursor.position - from === 10 && cursor.bytes.toString('latin1', from + 1, cursor.position) === '__proto__') {
        throw new Malformed(`a key named __proto__, at byte ${from}`);
      }
      value(cursor);
    });
  }
  if (type instanceof types.UnwrappedUnionType || type instanceof types.WrappedUnionType) {
    const branches = type.types.map((branch) => (branch.typeName === 'null' ? nothing : inner(branch)));
    return (cursor) => {
      const branch = branches[cursor.integer()];
      if (branch === undefined) throw new Malformed(`no such branch of a union, before byte ${cursor.position}`);
      branch(cursor);
    };
  }
  if (type instanceof types.EnumType) {
    const count = type.symbols.length;
    return (cursor) => {
      const index = cursor.integer();
      if (index < 0 || index >= count) throw new Malformed(`no such symbol, before byte ${cursor.position}`);
    };
  }
  if (type instanceof types.FixedType)
    return (cursor) => {
      cursor.skip(type.size);
    };
  return primitive(type.typeName);
}

/** The null of a union: its branch number was all. */
const nothing: WireCheck = () => undefined;

function primitive(name: string): WireCheck {
  switch (name) {
    case 'null':
      throw new Error('a null stands outside a union');
    case 'boolean':
      return (cursor) => {
        cursor.skip(1);
      };
    case 'int':
    case 'long':
      return (cursor) => {
        cursor.integer();
      };
    case 'float':
      return (cursor) => {
        cursor.skip(4);
      };
    case 'double':
      return (cursor) => {
        cursor.skip(8);
      };
    case 'bytes':
      return (cursor) => {
        cursor.skip(cursor.integer());
      };
    case 'string':
      return (cursor) => {
        cursor.text();
      };
    default:
      throw new Error(`the wire check does not know the Avro type ${name}`);
  }
}

/** Blocks of an array or a map; a negative count is followed by the block's length in bytes. */
function blocks(item: WireCheck): WireCheck {
  return (cursor) => {
    for (let count = cursor.integer(); count !== 0; count = cursor.integer()) {
      const length = count < 0 ? cursor.integer() : null;
      const start = cursor.position;
      for (let left = Math.abs(count); left > 0; left -= 1) item(cursor);
      if (length !== null && cursor.position - start !== length) {
        throw new Malformed(`a block of other length than it says, at byte ${start}`);
      }
    }
  };
}
