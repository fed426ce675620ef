import { describe, expect, it } from 'vitest';
import { allRecords, offlineContext, resumed, type TestContext } from '../../test/builders/offline.js';
import { createCodec } from '../../src/events/codec.js';
import { Interrupted, UserError } from '../../src/terminal/user-error.js';
import { importIntoLog } from './into-log.js';
import type { ImportSource } from './source.js';
import { synthetic } from './synthetic.js';
import { DEFAULT_SYNTHETIC } from './synthetic-parameters.js';

const small = synthetic({ ...DEFAULT_SYNTHETIC, users: 40, items: 50, meanEvents: 30 });
const CHUNK = 400;

async function contents(context: TestContext): Promise<{ ids: string[]; items: string[]; times: boolean }> {
  const codec = createCodec('interaction');
  const events = (await allRecords(context, 'interactions')).map((record) => {
    const decoded = codec.decode(record.value ?? Buffer.alloc(0));
    if (!decoded.ok) throw new Error(decoded.message);
    return { ...decoded.value, timestamp: record.timestamp };
  });
  return {
    ids: events.map((event) => event.eventId),
    items: (await allRecords(context, 'catalogue')).map((record) => String(record.key)),
    times: events.every((event) => event.occurredAt === event.timestamp),
  };
}

describe('importIntoLog', () => {
  it('writes items and interactions as a producer would, history keeping its times', async () => {
    const context = offlineContext();
    const summary = await importIntoLog(context, small, CHUNK);
    const { ids, items, times } = await contents(context);
    expect(items).toHaveLength(50);
    expect(ids.length).toBe(summary.total - 50);
    expect(summary.appended).toBe(summary.total);
    expect(times).toBe(true);
    for (const topic of ['interactions', 'profiles', 'catalogue']) {
      expect(await context.log.extents(topic)).toHaveLength(4);
    }
  });

  it('appends nothing when repeated, and says so', async () => {
    const context = offlineContext();
    const { total } = await importIntoLog(context, small, CHUNK);
    const before = await contents(context);
    const unread: ImportSource = { ...small, read: () => Promise.reject(new Error('read again')) };
    expect(await importIntoLog(context, unread)).toEqual({ fingerprint: small.fingerprint, appended: 0, total });
    expect(context.lines.at(-1)).toMatch(/already in the log, nothing to do/);
    expect(await contents(context)).toEqual(before);
  });

  // Appends 1 to 3 are chunks, the 4th says that all is in.
  it.each([1, 2, 3, 4])('goes on exactly where a death before append %i left it', async (fatal) => {
    const reference = offlineContext();
    await importIntoLog(reference, small, CHUNK);
    let appends = 0;
    const context = offlineContext({
      beforeAppend: () => {
        if (++appends === fatal) throw new Error('killed');
      },
    });
    await expect(importIntoLog(context, small, CHUNK)).rejects.toThrow('killed');
    const summary = await importIntoLog(context, small, CHUNK);
    expect(summary.appended).toBe(Math.max(0, summary.total - (fatal - 1) * CHUNK));
    expect(await contents(context)).toEqual(await contents(reference));
    expect((await importIntoLog(context, small, CHUNK)).appended).toBe(0);
  });

  it('stops between two chunks when interrupted, and goes on from there', async () => {
    let appends = 0;
    const context = offlineContext({
      beforeAppend: (interrupt) => {
        if (++appends === 2) interrupt();
      },
    });
    await expect(importIntoLog(context, small, CHUNK)).rejects.toThrow(Interrupted);
    expect((await contents(context)).ids).toHaveLength(2 * CHUNK - 50);
    const { appended, total } = await importIntoLog(resumed(context), small, CHUNK);
    expect(appended).toBe(total - 2 * CHUNK);
  });

  it('adds a second source to the first, with a note, into the partitions that are there', async () => {
    const context = offlineContext();
    for (const topic of ['interactions', 'profiles', 'catalogue']) await context.log.ensureTopic(topic, 3);
    await importIntoLog(context, small, CHUNK);
    const other = synthetic({ ...DEFAULT_SYNTHETIC, users: 20, items: 50, seed: 2 });
    await importIntoLog(context, other);
    expect(context.lines.some((line) => /already holds [\d,]+ interactions of other sources/.test(line))).toBe(true);
    const { ids } = await contents(context);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('names the record that breaks the contract', async () => {
    const item = { itemId: 'x'.repeat(600), title: '', attributes: [], markets: null, minimumAge: null, addedAt: null };
    const read = () => Promise.resolve({ items: [item], interactionCount: 0, interactions: () => [] });
    const importing = importIntoLog(offlineContext(), { name: 'bad', fingerprint: 'f', read });
    await expect(importing).rejects.toThrow(UserError);
  });
});
