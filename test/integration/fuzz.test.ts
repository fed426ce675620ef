/** Some of what `npm run bench -- fuzz` does: bad input of every kind on real servers, each record accounted for. */
import { expect, it, onTestFinished } from 'vitest';
import { runFuzz } from '../bench/fuzz/run.js';
import { uniqueName, useKafka, useRedis } from '../services/use.js';

const brokers = await useKafka();
const redisUrl = await useRedis();

it('stays alive whatever comes, and accounts for every record', { timeout: 60_000 }, async () => {
  const over = new AbortController();
  onTestFinished(() => {
    over.abort();
  });
  const place = { brokers, redisUrl, run: uniqueName('fuzz') };
  const result = await runFuzz({ ...place, records: 4000, seed: 4, signal: over.signal, say: () => undefined });
  expect(result.differences).toEqual([]);
  expect(result.aborted.records).toBeGreaterThan(0);
  expect(Object.keys(result.reasons).sort()).toEqual([
    'bad-bytes',
    'invalid-value',
    'key-mismatch',
    'null-key',
    'null-value',
    'oversize',
    'unknown-schema',
    'wrong-partition',
  ]);
});
