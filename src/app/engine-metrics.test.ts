import { expect, it } from 'vitest';
import { samplesOf } from '../../test/builders/samples.js';
import { SILENT } from '../ops/logger.js';
import { createMetrics } from '../ops/metrics.js';
import { observeEngine } from './engine-metrics.js';

it('the metrics of the engine count what was kept, batches, refusals and deaths', async () => {
  const metrics = createMetrics();
  const errors: string[] = [];
  const observer = observeEngine(metrics, { ...SILENT, error: (message) => errors.push(message) });
  for (const kept of ['longer', 'longer', 'none'] as const) observer.looked(kept);
  const ms = { wait: 3, pack: 1, run: 20, keep: 2, transit: 1 };
  const waiting = { interactive: 1, stream: 4 };
  observer.ranked({ kind: 'step', size: 7, isSearched: true, ms, waiting, cachedBytes: 16_384 });
  observer.refused('interactive');
  observer.workerDied(new Error('exit code 7'));
  const samples = samplesOf(await metrics.registry.metrics());
  const name = (given: string): number | undefined => samples.get(`steerstream_engine_${given}`);
  expect(['same', 'longer', 'none'].map((kept) => name(`windows_total{kept="${kept}"}`))).toEqual([0, 2, 1]);
  expect(['left', 'all'].map((one) => name(`batches_total{scored="${one}"}`))).toEqual([1, 0]);
  expect(name('batch_requests_sum{kind="step"}')).toBe(7);
  expect(name('stage_duration_seconds_sum{kind="step",stage="run"}')).toBe(0.02);
  expect(name('waiting_requests{urgency="stream"}')).toBe(4);
  expect(['interactive', 'stream'].map((one) => name(`refused_total{urgency="${one}"}`))).toEqual([1, 0]);
  expect([name('cached_bytes'), name('worker_deaths_total')]).toEqual([16_384, 1]);
  expect(errors).toEqual(['a worker of the engine died']);
});
