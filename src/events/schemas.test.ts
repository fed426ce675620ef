/** The committed schemas: earlier versions stay as they are, and stay readable. */
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import avsc, { type Schema } from 'avsc';
import { describe, expect, it } from 'vitest';
import { readSchemas, schemaFolder } from './schema-files.js';
import { schemaFingerprint, singleObjectFormat } from './single-object.js';

const folder = schemaFolder();
const names = globSync('*.avsc', { cwd: folder }).map((file) => file.replace('.avsc', ''));

describe('schemas/history', () => {
  it('is never edited: a change goes into a new version folder, and its checksum into the list', () => {
    const files = globSync('*/*.avsc', { cwd: join(folder, 'history') }).sort();
    const found = files.map((file) => {
      const bytes = readFileSync(join(folder, 'history', file));
      return `${createHash('sha256').update(bytes).digest('hex')}  ${file}\n`;
    });
    expect(found.join('')).toBe(readFileSync(join(folder, 'history', 'checksums.sha256'), 'utf8'));
  });
});

describe.each(names)('the contract %s', (name) => {
  const { current, history } = readSchemas(name);

  it('reads what every committed version wrote', () => {
    expect(history.length).toBeGreaterThan(0);
    const reader = singleObjectFormat({ current, history });
    for (const earlier of history) {
      const writer = singleObjectFormat({ current: earlier, history: [] });
      for (let i = 0; i < 20; i += 1) {
        const decoded = reader.decode(writer.encode(avsc.Type.forSchema(earlier).random()));
        expect(decoded).toMatchObject({ ok: true });
      }
    }
  });

  it('is committed as a version of its own once its bytes change', () => {
    expect(history.map(schemaFingerprint)).toContain(schemaFingerprint(current));
  });

  it('says what every record and field is', () => {
    const undocumented: string[] = [];
    visit(current, name, undocumented);
    expect(undocumented).toEqual([]);
  });
});

describe('evolution', () => {
  const v1 = record([{ name: 'a', type: 'string' }]);
  const v2 = record([
    { name: 'b', type: ['null', 'string'], default: null },
    { name: 'a', type: 'string' },
  ]);

  it('reads an earlier version with the defaults of the current one', () => {
    const bytes = singleObjectFormat({ current: v1, history: [] }).encode({ a: 'x' });
    const decoded = singleObjectFormat({ current: v2, history: [v1] }).decode(bytes);
    expect(decoded.ok && { ...(decoded.value as object) }).toEqual({ a: 'x', b: null });
  });

  it('refuses a current schema that cannot read an earlier one', () => {
    const broken = record([{ name: 'c', type: 'string' }]);
    expect(() => singleObjectFormat({ current: broken, history: [v1] })).toThrow();
  });

  it('does not trust the bytes of a field that it skips', () => {
    const older = record([
      { name: 'gone', type: { type: 'array', items: 'string' } },
      { name: 'a', type: 'string' },
    ]);
    const format = singleObjectFormat({ current: v1, history: [older] });
    const head = singleObjectFormat({ current: older, history: [] }).encode({ gone: [], a: 'x' }).subarray(0, 10);
    // A block of -1 items and -4 bytes: skipped blindly, it is read again for ever.
    expect(format.decode(Buffer.concat([head, Buffer.of(1, 3, 0, 0)]))).toMatchObject({
      ok: false,
      reason: 'bad-bytes',
    });
  });
});

function record(fields: readonly object[]): Schema {
  return { type: 'record', name: 'steerstream.test.R', fields } as unknown as Schema;
}

/** Collects named types and fields without a doc. */
function visit(schema: unknown, path: string, undocumented: string[]): void {
  if (Array.isArray(schema)) for (const branch of schema) visit(branch, path, undocumented);
  if (typeof schema !== 'object' || schema === null) return;
  const { name, doc, fields, items, type } = schema as Record<string, unknown>;
  if (typeof name === 'string' && !doc) undocumented.push(`${path}.${name}`);
  if (Array.isArray(fields)) for (const field of fields) visit(field, `${path}.${String(name)}`, undocumented);
  visit(items, path, undocumented);
  visit(type, path, undocumented);
}
