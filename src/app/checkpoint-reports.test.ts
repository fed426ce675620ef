import { describe, expect, it } from 'vitest';
import { tinyCheckpoint } from '../../test/builders/checkpoint.js';
import type { RecommendationList } from '../events/events.js';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { createLogger } from '../ops/logger.js';
import { createMetrics } from '../ops/metrics.js';
import type { Serving } from '../recommend/serving-model.js';
import { reportCheckpoints } from './checkpoint-reports.js';
import { scrape } from './stream-metrics.js';

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
    expect(page).toContain('steerstream_checkpoint_attributes{checkpoint="7-x",role="main",change="vanished"} 2');
    expect(page).toContain('steerstream_checkpoint_attributes{checkpoint="7-x",role="main",change="new"} 1');
  });

  it('name few of many attributes that are gone', () => {
    const { reports, lines } = setUp();
    const many = Array.from({ length: 30 }, (_, i) => `a${i}`);
    reports.onSwap(serving('7-x', steering(), 30), serving('6-w', steering(...many)));
    expect(lines[0]).toMatchObject({ message: 'candidate serves', share: 30, vanishedAttributes: 30 });
    expect(lines[1]).toMatchObject({ more: 10 });
    expect(lines[1]?.['attributes']).toHaveLength(20);
  });

  it('count lists and gains without effect by checkpoint', async () => {
    const { reports, metrics } = setUp();
    const list = (methods: string[], ranking: 'model' | 'popular') =>
      ({ reason: { ranking }, effects: methods.map((method) => ({ method })) }) as unknown as RecommendationList;
    reports.onSwap(serving('7-x', tiny), undefined);
    reports.onSwap(serving('8-y', tiny, 10), serving('7-x', tiny));
    reports.onLists({ serving: serving('7-x', tiny), lists: [list(['none', 'score', 'none'], 'model')], ms: 20 });
    reports.onLists({ serving: serving('8-y', tiny, 10), lists: [list([], 'popular')], ms: 30 });
    reports.onRefusal({ sequence: 9, reason: 'broken', fault: 'content' });
    const page = await metrics.registry.metrics();
    for (const line of [
      'steerstream_checkpoint_lists_total{checkpoint="7-x",role="main",ranking="model"} 1',
      'steerstream_checkpoint_lists_total{checkpoint="8-y",role="candidate",ranking="popular"} 1',
      'steerstream_checkpoint_lists_total{checkpoint="8-y",role="candidate",ranking="model"} 0',
      'steerstream_gains_without_effect_total{checkpoint="7-x",role="main"} 2',
      'steerstream_gains_without_effect_total{checkpoint="8-y",role="candidate"} 0',
      'steerstream_checkpoint_recommend_seconds_sum{checkpoint="8-y",role="candidate"} 0.03',
      'steerstream_checkpoint_refusals_total 1',
    ])
      expect(page).toContain(line);
  });

  it('tell of a checkpoint that went once more, and then no more, though its last lists come late', async () => {
    const { reports, metrics } = setUp();
    const [first, second, main] = [serving('2-a', tiny, 10), serving('3-b', tiny, 20), serving('1-m', tiny)];
    const processor = { status: () => ({ catalogue: { items: 0, rejected: 0 }, tasks: [] }) as never };
    const told = async (...all: Serving[]): Promise<readonly (string | undefined)[]> => {
      const page = await scrape(metrics, { current: main, all }, processor);
      return [...new Set([...page.matchAll(/checkpoint="(.*?)"/g)].map(([, id]) => id))].sort();
    };
    for (const one of [main, first]) reports.onSwap(one, undefined);
    expect(await told(first, main)).toEqual(['1-m', '2-a']);
    reports.onSwap(second, main);
    reports.onLists({ serving: first, lists: [], ms: 1 });
    expect(await told(second, main)).toEqual(['1-m', '2-a', '3-b']);
    expect(await told(second, main)).toEqual(['1-m', '3-b']);
    reports.onLists({ serving: first, lists: [], ms: 1 });
    expect(await told(second, main)).toEqual(['1-m', '2-a', '3-b']);
    expect(await told(second, main)).toEqual(['1-m', '3-b']);
  });
});
