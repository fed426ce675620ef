/** How large batches are, and what they report of themselves. */
import { expect, it } from 'vitest';
import type { BatchReport, Observe } from '../../src/stream/report.js';
import type { StreamSettings } from '../../src/stream/settings.js';
import { interaction } from '../builders/events.js';
import { interactionRecord } from '../builders/records.js';
import { openProcessor } from '../builders/running.js';
import { TEST_SETTINGS } from '../builders/stream.js';

const ONE = { partitions: 1 };

function collect(): { readonly reports: BatchReport[]; readonly observe: Observe } {
  const reports: BatchReport[] = [];
  const observe: Observe = (report) => {
    if (report.kind === 'batch') reports.push(report);
  };
  return { reports, observe };
}

function views(count: number): ReturnType<typeof interactionRecord>[] {
  return Array.from({ length: count }, () => interactionRecord(interaction({ userId: 'ann' })));
}

/** Sizes of the batches of 300 records that are there at the start, and the limit after them. */
async function sizes(change: Partial<StreamSettings>): Promise<{ sizes: number[]; limit: number | undefined }> {
  const { reports, observe } = collect();
  const settings = { ...TEST_SETTINGS, start: 'earliest' as const, ...change };
  const { log, start, processor } = await openProcessor(['ann'], { settings, observe }, ONE);
  await log.append(views(300));
  await start();
  return { sizes: reports.map(({ records }) => records), limit: processor.status().tasks[0]?.batchLimit };
}

it('batches grow while full ones take little time, up to the size bound', async () => {
  expect(await sizes({ batchSize: 150, batchMs: 1e9 })).toEqual({ sizes: [64, 128, 108], limit: 150 });
});

it('batches shrink while they take too long, and one record is still a batch', async () => {
  const found = await sizes({ batchSize: 150, batchMs: Number.MIN_VALUE });
  expect(found.sizes.slice(0, 8)).toEqual([64, 32, 16, 8, 4, 2, 1, 1]);
  expect(found.limit).toBe(1);
});

it('a batch is reported with the time of every stage that it had', async () => {
  const { reports, observe } = collect();
  const { start, send } = await openProcessor(['ann'], { observe }, ONE);
  await start();
  await send({ topic: 'interactions', key: Buffer.from('ann'), value: Buffer.from('?') });
  await send(...views(1));
  expect(reports.map(({ stages }) => Object.keys(stages))).toEqual([
    ['reduce', 'commit'],
    ['reduce', 'wait', 'recommend', 'commit'],
  ]);
  expect(reports.map(({ deadReasons, lists }) => [deadReasons, lists])).toEqual([
    [['bad-bytes'], 0],
    [[], 1],
  ]);
});
