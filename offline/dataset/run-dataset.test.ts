import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalogueItem, interaction, profileEvent } from '../../test/builders/events.js';
import { appendEvents, offlineContext, resumed, type TestContext } from '../../test/builders/offline.js';
import { runImportSynthetic } from '../import/run-import.js';
import { Interrupted, UserError } from '../../src/terminal/user-error.js';
import { datasetFolder, runDataset } from './run-dataset.js';
import { loadSplit, type Split } from './split.js';

const world = { users: 100, items: 50, meanEvents: 20 };

async function datasetOf(context: TestContext): Promise<{ split: Split; refused: number; leftOut: number }> {
  const { summary, folder } = await runDataset(context, { split: 'leave-one-out', seed: 1 });
  return { split: await loadSplit(folder), refused: summary.refused, leftOut: summary.leftOut };
}

/** Items of a user's test sequence, which is the whole of it. */
function wholeOf(split: Split, user: string): string[] {
  const u = split.test.users.indexOf(user);
  if (u < 0) return [];
  return [...split.test.items.subarray(split.test.offsets[u], split.test.offsets[u + 1])].map((i) => split.items[i]!);
}

/** Five views each of `a`, in order of time. */
function views(userId: string, from: number) {
  const items = ['a', 'b', 'a', 'b', 'a'];
  return items.map((itemId, n) => interaction({ userId, itemId, occurredAt: from + n }));
}

describe('runDataset', () => {
  it('makes the same files from the same log, and nothing when they are there', async () => {
    const contexts = [offlineContext(), offlineContext()];
    for (const context of contexts) {
      await runImportSynthetic(context, world);
      expect((await runDataset(context, { split: 'paper', seed: 42 })).skipped).toBe(false);
    }
    const [one = '', two = ''] = contexts.map((context) => datasetFolder(context.dir, 'paper'));
    expect(readdirSync(one).sort()).toEqual(['columns.bin', 'split.json', 'step.json', 'tables']);
    const bytes = (folder: string): Buffer => readFileSync(join(folder, 'columns.bin'));
    expect(bytes(one).equals(bytes(two))).toBe(true);
    expect((await runDataset(contexts[0]!, { split: 'paper', seed: 42 })).skipped).toBe(true);
    expect((await runDataset(contexts[0]!, { split: 'paper', seed: 43 })).skipped).toBe(false);
    const split = await loadSplit(one);
    expect(split.train.users.length + split.validation.users.length).toBe(54);
    expect(split.attributeNames.every((name) => name.startsWith('genre/'))).toBe(true);
    expect(Object.keys(split.snapshot).sort()).toEqual(['catalogue', 'interactions', 'profiles']);
  });

  it('is made again when the log has grown', async () => {
    const context = offlineContext();
    await appendEvents(context, { interactions: views('u1', 1) });
    await datasetOf(context);
    await appendEvents(context, { interactions: views('u2', 1) });
    expect(wholeOf((await datasetOf(context)).split, 'u2')).toHaveLength(5);
  });

  it('is made again for another log of the same size', async () => {
    const context = offlineContext();
    await appendEvents(context, { interactions: views('u1', 1) });
    await datasetOf(context);
    const other = { ...offlineContext(), dir: context.dir };
    await appendEvents(other, { interactions: views('u1', 2) });
    expect((await datasetOf(other)).split.test.times[0]).toBe(2);
  });

  it('accepts what the service accepts: no repeats, no hidden, ignored or bad records', async () => {
    const context = offlineContext();
    const seen = views('u1', 10);
    const interactions = [
      ...seen,
      seen[1]!,
      interaction({ userId: 'u1', itemId: 'b', kind: 'dislike', occurredAt: 20 }),
      interaction({ userId: 'u1', itemId: 'b', kind: 'impression', occurredAt: 21 }),
    ];
    await appendEvents(context, { interactions });
    await context.log.append([{ topic: 'interactions', key: Buffer.from('u1'), value: Buffer.from('rubbish') }]);
    const { split, refused, leftOut } = await datasetOf(context);
    expect(wholeOf(split, 'u1')).toEqual(['a', 'b', 'a', 'b', 'a']);
    expect({ refused, leftOut }).toEqual({ refused: 1, leftOut: 3 });
  });

  it('follows the configured meaning of kinds', async () => {
    const context = offlineContext();
    await appendEvents(context, {
      interactions: views('u1', 10).concat(interaction({ userId: 'u1', kind: 'skip', occurredAt: 30 })),
    });
    const kinds = { skip: 'hide', '*': 'sequence' } as const;
    const config = { ...context.config, reducer: { ...context.config.reducer, kinds } };
    expect((await datasetOf({ ...context, config })).leftOut).toBe(1);
  });

  it('forgets who was erased, and only what came before', async () => {
    const context = offlineContext();
    await appendEvents(context, {
      interactions: [...views('kept', 10), ...views('gone', 10), ...views('back', 10), ...views('back', 100)],
      profiles: [
        profileEvent({ userId: 'gone', mode: 'erase', occurredAt: 50 }),
        profileEvent({ userId: 'back', mode: 'erase', occurredAt: 50 }),
      ],
    });
    const { split, leftOut } = await datasetOf(context);
    expect(split.test.users.toSorted()).toEqual(['back', 'kept']);
    expect(wholeOf(split, 'back')).toHaveLength(5);
    expect(leftOut).toBe(10);
    expect(split.test.times.every((time) => time < 50 || time >= 100)).toBe(true);
    const folder = datasetFolder(context.dir, 'leave-one-out');
    expect(readFileSync(join(folder, 'split.json'), 'utf8')).not.toContain('gone');
  });

  it('takes titles and attributes from the latest description; withdrawn items have none', async () => {
    const context = offlineContext();
    await appendEvents(context, {
      interactions: views('u1', 10),
      items: [
        catalogueItem({ itemId: 'a', title: 'Old', attributes: ['genre/Old'] }),
        catalogueItem({ itemId: 'a', title: 'New', attributes: ['genre/Z', 'genre/New'] }),
        catalogueItem({ itemId: 'b', title: 'B', attributes: ['genre/New'] }),
        catalogueItem({ itemId: 'unseen', title: 'C', attributes: ['genre/Unseen'] }),
      ],
      withdrawn: ['b'],
    });
    const { split } = await datasetOf(context);
    expect(split.items).toEqual(['a', 'b']);
    expect(split.titles).toEqual(['New', 'b']);
    expect(split.attributeNames).toEqual(['genre/New', 'genre/Z']);
    expect(split.attributeItems).toEqual([Int32Array.of(0), Int32Array.of(0)]);
  });

  it('keeps the log’s order where times run backwards', async () => {
    const context = offlineContext();
    const items = ['a', 'b', 'a', 'a', 'b'];
    const interactions = items.map((itemId, n) =>
      interaction({ userId: 'u1', itemId, occurredAt: [50, 10, 60, 20, 70][n]! }),
    );
    await appendEvents(context, { interactions });
    const { split } = await datasetOf(context);
    expect(wholeOf(split, 'u1')).toEqual(items);
    expect([...split.test.times]).toEqual([50, 50, 60, 60, 70]);
  });

  it('reads a log once for all splits of it, and again when it has grown', async () => {
    const context = offlineContext();
    await appendEvents(context, { interactions: views('u1', 1) });
    const readAgain = async (split: 'leave-one-out' | 'global-time'): Promise<boolean> => {
      const before = context.lines.length;
      await runDataset(context, { split, seed: 1 }).catch(() => undefined);
      return !context.lines.slice(before).some((line) => line.startsWith('interactions: already done'));
    };
    expect(await readAgain('leave-one-out')).toBe(true);
    expect(await readAgain('global-time')).toBe(false);
    await appendEvents(context, { interactions: views('u2', 1) });
    expect(await readAgain('leave-one-out')).toBe(true);
  });

  it('derives popularity from what is trained on, where that is asked for', async () => {
    const context = offlineContext();
    const users = ['u1', 'u2', 'u3'].flatMap((userId) => views(userId, 1));
    await appendEvents(context, { interactions: users, items: [catalogueItem({ itemId: 'a', attributes: ['x/y'] })] });
    const { folder } = await runDataset(context, { split: 'leave-one-out', seed: 1, popularity: true });
    const { attributeNames, attributeItems } = await loadSplit(folder);
    // Of a, b, a of every user: a in its first third, b in its last.
    expect(attributeNames).toEqual(['popularity/low', 'popularity/middle', 'x/y']);
    expect(attributeItems).toEqual([Int32Array.of(1), Int32Array.of(0), Int32Array.of(0)]);
  });

  it('stops when interrupted and can be run again', async () => {
    const context = offlineContext();
    await runImportSynthetic(context, world);
    const stopped = { ...context, signal: AbortSignal.abort(new Interrupted()) };
    await expect(runDataset(stopped, { split: 'paper', seed: 42 })).rejects.toThrow(Interrupted);
    expect((await runDataset(resumed(context), { split: 'paper', seed: 42 })).skipped).toBe(false);
  });

  it('stops between log and tables, too', async () => {
    const context = offlineContext();
    await appendEvents(context, { interactions: views('u1', 1) });
    await datasetOf(context);
    const controller = new AbortController();
    const print = (line: string): void => {
      if (line.startsWith('interactions: already done')) controller.abort(new Interrupted());
    };
    const parameters = { split: 'leave-one-out', seed: 2 } as const;
    const stopped = { ...context, print, signal: controller.signal };
    await expect(runDataset(stopped, parameters)).rejects.toThrow(Interrupted);
    expect((await runDataset(context, parameters)).skipped).toBe(false);
  });

  it('says what to do with an empty log', async () => {
    const context = offlineContext();
    await expect(runDataset(context, { split: 'paper', seed: 1 })).rejects.toThrow(/import something first/);
    await appendEvents(context, {});
    await expect(runDataset(context, { split: 'paper', seed: 1 })).rejects.toThrow(UserError);
  });
});
