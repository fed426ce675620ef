/** Records of the largest size, one after the other: memory is bounded by bytes too, not by a number of records alone. */
import { expect, it } from 'vitest';
import { uniqueName, useKafka } from '../../services/use.js';
import { openLog, readFrom, record } from './logs.js';

const brokers = await useKafka();
const MIB = 1024 * 1024;
const COUNT = 48;

it.for(['none', 'gzip'] as const)('are read a few at a time, compression %s', async (compression) => {
  const log = openLog(brokers, { compression });
  const topic = uniqueName('t');
  await log.ensureTopic(topic, 1);
  for (let n = 0; n < COUNT; n += 1) await log.append([record(topic, Buffer.alloc(0.75 * MIB, n))]);
  const { records, next } = await log.read(topic, 0, 0, 500);
  const bytes = records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
  expect(bytes).toBeGreaterThanOrEqual(MIB);
  expect(records.length).toBeLessThan(COUNT);
  expect(next).toBe(records.length);
  const all = await readFrom(log, topic, 0, 500);
  expect(all.map(({ value }) => value?.[0])).toEqual(Array.from({ length: COUNT }, (_, n) => n));
});
