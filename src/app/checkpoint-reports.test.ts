import { describe, expect, it } from 'vitest';
import { tinyCheckpoint } from '../../test/builders/checkpoint.js';
import type { RecommendationList } from '../events/events.js';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { createLogger } from '../ops/logger.js';
import { createMetrics } from '../ops/metrics.js';
import type { Serving } from '../recommend/serving-model.js';
import { reportCheckpoints } from './checkpoint-reports.js';

const tiny = tinyCheckpoint();

/** A checkpoint that steers these attributes. */
function steering(...names: string[]): Checkpoint {
  const [example] = tiny.steeringMap.attributes;
  const attributes = names.map((attribute) => ({ ...example!, attribute }));
  return { ...tiny, steeringMap: { ...tiny.steeringMap, attributes } };
}

const serving = (id: string, checkpoint: Checkpoint, share = 100): Serving => ({
  id,
  sequence: Number(id.split('-')[0]),
  share,
  checkpoint,
  overlap: 0.12345,
});

function setUp() {
  const metrics = createMetrics();
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger('info', (line) => void lines.push(JSON.parse(line) as Record<string, unknown>));
  return { metrics, lines, reports: reportCheckpoints(metrics, logger, 'an engine') };
}

describe('reports of checkpoints', () => {
  it('say at a swap what serves, how it compares, and which attributes are gone', async () => {
    const { reports, lines, metrics } = setUp();
    const [before, after] = [steering('a', 'b', 'c'), steering('b', 'd')];
    reports.onSwap(serving('7-x', after), serving('6-0badcafe', before));
    expect(lines).toMatchObject([
      {
        message: 'checkpoint serves',
        checkpoint: '7-x',
        before: '6-0badcafe',
        overlap: 0.123,
        newAttributes: 1,
        sharedFeatures: 1,
      },
      { level: 'warn', attributes: ['a', 'c'] },
    ]);
    const page = await metrics.registry.metrics();
    expect(page).toContain('steerstream_checkpoint_attributes{role="main",change="vanished"} 2');
    expect(page).toContain('steerstream_checkpoint_attributes{role="main",change="new"} 1');
  });

  it('name few of many attributes that are gone', () => {
    const { reports, lines } = setUp();
    const many = Array.from({ length: 30 }, (_, i) => `a${i}`);
    reports.onSwap(serving('7-x', steering(), 30), serving('6-w', steering(...many)));
    expect(lines[0]).toMatchObject({ message: 'candidate serves', share: 30, vanishedAttributes: 30 });
    expect(lines[1]).toMatchObject({ more: 10 });
    expect(lines[1]?.['attributes']).toHaveLength(20);
  });

  it('count lists and gains without effect by role', async () => {
    const { reports, metrics } = setUp();
    const list = (methods: string[], ranking: 'model' | 'popular') =>
      ({ reason: { ranking }, effects: methods.map((method) => ({ method })) }) as unknown as RecommendationList;
    reports.onLists({ serving: serving('7-x', tiny), lists: [list(['none', 'score', 'none'], 'model')], ms: 20 });
    reports.onLists({ serving: serving('8-y', tiny, 10), lists: [list([], 'popular')], ms: 30 });
    reports.onRefusal({ sequence: 9, reason: 'broken', fault: 'content' });
    const page = await metrics.registry.metrics();
    for (const line of [
      'steerstream_checkpoint_lists_total{role="main",ranking="model"} 1',
      'steerstream_checkpoint_lists_total{role="candidate",ranking="popular"} 1',
      'steerstream_checkpoint_lists_total{role="candidate",ranking="model"} 0',
      'steerstream_gains_without_effect_total{role="main"} 2',
      'steerstream_gains_without_effect_total{role="candidate"} 0',
      'steerstream_checkpoint_recommend_seconds_sum{role="candidate"} 0.03',
      'steerstream_checkpoint_refusals_total 1',
    ])
      expect(page).toContain(line);
  });
});
