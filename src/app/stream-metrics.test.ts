import { describe, expect, it } from 'vitest';
import { interaction, profileEvent } from '../../test/builders/events.js';
import { interactionRecord, profileRecord } from '../../test/builders/records.js';
import { openProcessor } from '../../test/builders/running.js';
import { samplesOf } from '../../test/builders/samples.js';
import { echoRecommender, EMPTY_CATALOGUE } from '../../test/builders/stream.js';
import { createMetrics } from '../ops/metrics.js';
import { OwnershipLost, Unavailable } from '../ports/errors.js';
import type { OutgoingRecord } from '../ports/log.js';
import { observeStream, scrape } from './stream-metrics.js';

const ONE = { partitions: 1 };
const NOW = 1_800_000_000_000;
const serving = { current: undefined, all: [] };

function view(userId: string, occurredAt: number, eventId?: string): OutgoingRecord {
  return interactionRecord(interaction({ userId, occurredAt, ...(eventId !== undefined && { eventId }) }));
}

describe('the metrics of the stream', () => {
  it('count what came of each record, and measure how long it took', async () => {
    const metrics = createMetrics();
    const change = { observe: observeStream(metrics), now: () => NOW };
    const { start, send, processor } = await openProcessor(['ann'], change, ONE);
    await start();
    await send(
      view('ann', NOW - 70, 'one'),
      view('ann', NOW - 60, 'one'),
      profileRecord(profileEvent({ userId: 'ann', occurredAt: NOW + 5000 })),
      { topic: 'profiles', key: Buffer.from('ann'), value: Buffer.from('?'), timestamp: NOW },
    );
    const samples = samplesOf(await scrape(metrics, serving, processor));
    const name = (given: string): number | undefined => samples.get(`steerstream_${given}`);
    expect(name('records_total{input="interactions",outcome="changed"}')).toBe(1);
    expect(name('records_total{input="interactions",outcome="unchanged"}')).toBe(1);
    expect(name('records_total{input="interactions",outcome="dead"}')).toBe(0);
    expect(name('records_total{input="profiles",outcome="changed"}')).toBe(1);
    expect(name('records_total{input="profiles",outcome="dead"}')).toBe(1);
    expect(name('dead_letters_total{reason="bad-bytes"}')).toBe(1);
    expect(name('dead_letters_total{reason="oversize"}')).toBe(0);
    expect(name('lists_total')).toBe(2);
    expect(name('batch_records_sum')).toBe(4);
    expect(name('take_overs_total')).toBe(1);
    const batches = name('batch_records_count');
    for (const stage of ['reduce', 'commit']) {
      expect(name(`stage_duration_seconds_count{stage="${stage}"}`)).toBe(batches);
    }
    // The write of states may be that of several batches.
    expect(name('stage_duration_seconds_count{stage="store"}')).toBeGreaterThan(0);
    expect(name('stage_duration_seconds_count{stage="store"}')).toBeLessThanOrEqual(batches ?? 0);
    for (const stage of ['reduce', 'commit', 'store']) {
      expect(name(`stage_duration_seconds_sum{stage="${stage}"}`)).toBeGreaterThan(0);
    }
    expect(name('stage_duration_seconds_count{stage="recommend"}')).toBeGreaterThan(0);
    expect(name('stage_duration_seconds_count{stage="wait"}')).toBeGreaterThan(0);
    // The list of the profile event, whose clock was ahead, took no time; it does not make up for the other's.
    expect(name('event_to_list_seconds_count')).toBe(2);
    expect(name('event_to_list_seconds_sum')).toBeCloseTo(0.07, 9);
    expect(name('event_to_list_seconds_bucket{le="0.01"}')).toBe(1);
  });

  it('tell of healing, of interruptions by kind, and of nothing before', async () => {
    const metrics = createMetrics();
    const failures = [new OwnershipLost('gone'), new Unavailable('busy'), new Unavailable('busy')];
    const recommender = {
      recommend: async (requests: Parameters<ReturnType<typeof echoRecommender>['recommend']>[0]) => {
        const failure = failures.shift();
        if (failure) throw failure;
        return echoRecommender(EMPTY_CATALOGUE).recommend(requests);
      },
    };
    const change = { observe: observeStream(metrics), recommender };
    const { log, start, send, processor } = await openProcessor(['ann'], change, ONE);
    const kinds = async (): Promise<unknown[]> => {
      const samples = samplesOf(await scrape(metrics, serving, processor));
      return ['lost', 'paused', 'stopped'].map((kind) =>
        samples.get(`steerstream_task_interruptions_total{kind="${kind}"}`),
      );
    };
    expect(await kinds()).toEqual([0, 0, 0]);
    await log.append([view('ann', 1), view('ann', 2)]);
    await start();
    await send(view('ann', 3));
    expect(await kinds()).toEqual([1, 2, 0]);
    const samples = samplesOf(await scrape(metrics, serving, processor));
    expect(samples.get('steerstream_healed_records_total{input="interactions"}')).toBe(2);
    expect(samples.get('steerstream_healed_records_total{input="profiles"}')).toBe(0);
    expect(samples.get('steerstream_take_overs_total')).toBe(4);
  });

  it('show tasks as they are at the scrape, and not those that were given up', async () => {
    const metrics = createMetrics();
    const { start, processor } = await openProcessor(['ann']);
    await start();
    const running = samplesOf(await scrape(metrics, serving, processor));
    for (const partition of [0, 1]) {
      expect(running.get(`steerstream_task_lag_records{partition="${partition}"}`)).toBe(0);
      expect(running.get(`steerstream_task_batch_limit_records{partition="${partition}"}`)).toBe(6);
      expect(running.get(`steerstream_task_phase{partition="${partition}",phase="running"}`)).toBe(1);
      expect(running.get(`steerstream_task_phase{partition="${partition}",phase="paused"}`)).toBe(0);
    }
    await processor.close();
    const after = [...samplesOf(await scrape(metrics, serving, processor)).keys()];
    expect(after.filter((name) => name.startsWith('steerstream_task_') && name.includes('partition'))).toEqual([]);
  });

  it('show the checkpoint, the catalogue and the process', async () => {
    const metrics = createMetrics();
    const none = { phase: 'standby', ready: false, tasks: [] } as const;
    const status = () => ({ ...none, catalogue: { loaded: true, items: 7, rejected: 2 } });
    const serving = { id: '4-x', sequence: 4, share: 100, overlap: 0.5, checkpoint: {} as never };
    const candidate = { ...serving, id: '5-y', sequence: 5, share: 20, overlap: undefined };
    const checkpoint = { current: serving, all: [candidate, serving] };
    const samples = samplesOf(await scrape(metrics, checkpoint, { status }));
    expect(samples.get('steerstream_checkpoint_sequence')).toBe(4);
    expect(samples.get('steerstream_candidate_sequence')).toBe(5);
    expect(samples.get('steerstream_candidate_share_ratio')).toBe(0.2);
    expect(samples.get('steerstream_checkpoint_overlap_ratio{checkpoint="4-x",role="main"}')).toBe(0.5);
    expect([...samples.keys()].filter((name) => name.includes('checkpoint="5-y"'))).toEqual([]);
    expect(samples.get('steerstream_catalogue_items')).toBe(7);
    expect(samples.get('steerstream_catalogue_rejected_records')).toBe(2);
    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(0);
  });
});
