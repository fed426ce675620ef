import { describe, expect, it, onTestFinished } from 'vitest';
import { catalogueItem } from '../../test/builders/events.js';
import { overriding } from '../../test/builders/fault-points.js';
import { temporaryFolder } from '../../test/builders/folder.js';
import { itemRecord, tombstone } from '../../test/builders/records.js';
import { makeTopics, TEST_SETTINGS } from '../../test/builders/stream.js';
import { SqliteLog } from '../adapters/embedded/sqlite-log.js';
import { SINGLE_OBJECT } from '../events/wire-format.js';
import { type Logger, SILENT } from '../ops/logger.js';
import { Unavailable } from '../ports/errors.js';
import type { Log, PartitionExtent } from '../ports/log.js';
import { CatalogueView } from './catalogue-view.js';

const { topics } = TEST_SETTINGS;

async function open(logger: Logger = SILENT): Promise<{ log: SqliteLog; view: CatalogueView }> {
  const log = SqliteLog.open(temporaryFolder(), { durability: 'process' });
  onTestFinished(() => log.close());
  await makeTopics(log, 1);
  return { log, view: new CatalogueView(log, topics.catalogue, logger, SINGLE_OBJECT) };
}

describe('CatalogueView', () => {
  it('reads every partition to its end, later records over earlier ones', async () => {
    const { log, view } = await open();
    const items = Array.from({ length: 50 }, (_, index) => catalogueItem({ itemId: `item-${index}` }));
    await log.append(items.map(itemRecord));
    const renamed = catalogueItem({ itemId: 'item-7', title: 'New name' });
    await log.append([itemRecord(renamed), tombstone('item-8')]);
    expect(view.loaded).toBe(false);
    await view.catchUp();
    expect(view.loaded).toBe(true);
    expect(view.size).toBe(49);
    expect(view.item('item-7')).toEqual(renamed);
    expect(view.item('item-8')).toBeUndefined();
    expect(view.offsets).toEqual((await log.extents(topics.catalogue)).map(({ end }) => end));
  });

  it('is loaded with an empty topic', async () => {
    const { view } = await open();
    await view.catchUp();
    expect([view.loaded, view.size, view.offsets]).toEqual([true, 0, [0, 0]]);
  });

  it('takes nothing shown for a moment for no gap', async () => {
    const { log } = await open();
    await log.append(Array.from({ length: 9 }, (_, index) => itemRecord(catalogueItem({ itemId: `item-${index}` }))));
    let moments = 1;
    const read: Log['read'] = async (...[topic, partition, from, max]) => {
      if (partition === 1 && moments-- > 0) return { records: [], next: from, first: 0 };
      return log.read(topic, partition, from, max);
    };
    const view = new CatalogueView(overriding<Log>(log, { read }), topics.catalogue, SILENT, SINGLE_OBJECT);
    await expect(view.catchUp()).rejects.toThrow(Unavailable);
    expect(view.loaded).toBe(false);
    expect(view.isBehind(await log.ends(topics.catalogue))).toBe(true);
    await view.catchUp();
    expect([view.size, view.offsets]).toEqual([9, await log.ends(topics.catalogue)]);
  });

  it('goes on where the log begins, where records before are gone', async () => {
    const { log } = await open();
    await log.append(Array.from({ length: 9 }, (_, index) => itemRecord(catalogueItem({ itemId: `item-${index}` }))));
    const [, { end }] = (await log.extents(topics.catalogue)) as [PartitionExtent, PartitionExtent];
    // As Kafka answers: nothing, and where it begins.
    const read: Log['read'] = async (...[topic, partition, from, max]) => {
      const first = partition === 1 ? end - 1 : 0;
      return from < first ? { records: [], next: from, first } : log.read(topic, partition, from, max);
    };
    const view = new CatalogueView(overriding<Log>(log, { read }), topics.catalogue, SILENT, SINGLE_OBJECT);
    await view.catchUp();
    expect([view.size, view.offsets]).toEqual([9 - (end - 1), await log.ends(topics.catalogue)]);
  });

  it('follows the topic, and keeps its offsets object while nothing comes', async () => {
    const { log, view } = await open();
    await log.append([itemRecord(catalogueItem())]);
    await view.catchUp();
    const { offsets } = view;
    await view.catchUp();
    expect(view.offsets).toBe(offsets);
    await log.append([tombstone('item-1')]);
    await view.catchUp();
    expect(view.offsets).not.toBe(offsets);
    expect(view.size).toBe(0);
  });

  it('tells which items were read since it had some offsets', async () => {
    const { log, view } = await open();
    const start = view.offsets;
    await log.append(['a', 'b'].map((itemId) => itemRecord(catalogueItem({ itemId }))));
    await view.catchUp();
    const { offsets } = view;
    await log.append([itemRecord(catalogueItem({ itemId: 'c' })), tombstone('b')]);
    await view.catchUp();
    expect(view.changedSince(offsets)?.toSorted()).toEqual(['b', 'c']);
    expect(view.changedSince(start)?.toSorted()).toEqual(['a', 'b', 'b', 'c']);
    expect(view.changedSince(view.offsets)).toEqual([]);
    expect(view.changedSince([...offsets])).toBeUndefined();
  });

  it('looks at the ends, again where the last look is too old', async () => {
    const { log, view } = await open();
    await view.catchUp();
    const before = await view.look(60_000);
    await log.append([itemRecord(catalogueItem())]);
    expect(await view.look(60_000)).toBe(before);
    expect(view.isBehind(before)).toBe(false);
    const after = await view.look(0);
    expect(view.isBehind(after)).toBe(true);
    await view.catchUp();
    expect(view.isBehind(after)).toBe(false);
  });

  it('looks again after a look that failed', async () => {
    const { log } = await open();
    let failures = 1;
    const ends = (topic: string) => (failures-- > 0 ? Promise.reject(new Unavailable('busy')) : log.ends(topic));
    const view = new CatalogueView(overriding<Log>(log, { ends }), topics.catalogue, SILENT, SINGLE_OBJECT);
    await expect(view.look(60_000)).rejects.toThrow('busy');
    expect(await view.look(60_000)).toEqual([0, 0]);
  });

  it('counts and logs what it cannot use, and goes on', async () => {
    const warnings: unknown[] = [];
    const { log, view } = await open({ ...SILENT, warn: (_, fields) => warnings.push(fields) });
    const { value } = itemRecord(catalogueItem({ itemId: 'other' }));
    await log.append([
      { topic: topics.catalogue, key: Buffer.from('item-1'), value },
      { topic: topics.catalogue, key: null, value },
      { topic: topics.catalogue, key: Buffer.from('item-1'), value: Buffer.from('?') },
      itemRecord(catalogueItem({ itemId: 'good' })),
    ]);
    await view.catchUp();
    expect(view.size).toBe(1);
    expect(view.rejected).toBe(3);
    expect(warnings).toHaveLength(3);
    expect(warnings).toContainEqual(expect.objectContaining({ reason: 'key-mismatch', topic: topics.catalogue }));
  });
});
