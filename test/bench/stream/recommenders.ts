/** What recommends in the stream bench: a constant, so that the stream alone is measured, or the serving engine. */
import { createOnnxEngine } from '../../../src/adapters/onnx/onnx-engine.js';
import { partitionOf } from '../../../src/events/murmur2.js';
import { createCheckpointRecommender } from '../../../src/recommend/recommend.js';
import type { Recommender } from '../../../src/recommend/recommender.js';
import type { GainEntry } from '../../../src/state/user-state.js';
import { FakeCatalogue } from '../../builders/catalogue.js';
import { randomCheckpoint } from '../engine/workload.js';
import { CONSTANT } from './constant-recommender.js';
import type { EngineChoice } from './plan.js';

/** Of MovieLens 20M. */
const ITEMS = 26_744;
const CACHE_BYTES = 1024 * 2 ** 20;
const QUEUE = 4096;
/** What every user asks for: one to three genres. */
const GAINS: readonly Readonly<Record<string, GainEntry>>[] = Array.from({ length: 18 }, (_, genre) =>
  Object.fromEntries(
    Array.from({ length: 1 + (genre % 3) }, (__, i) => [
      `genre/${(genre + 5 * i) % 18}`,
      { gain: i === 0 ? 0.8 : -0.5, at: 0, expiresAt: null },
    ]),
  ),
);

/** The engine's model has random weights at the paper's shape, and every user steers. */
export async function openRecommender(engine: EngineChoice): Promise<Recommender> {
  if (engine === 'constant') return CONSTANT;
  const itemIds = Array.from({ length: ITEMS }, (_, item) => `item-${1000 + item}`);
  const checkpoint = {
    ...randomCheckpoint(ITEMS),
    vocabulary: { items: itemIds, counts: new Float64Array(ITEMS).fill(1) },
  };
  const onnx = createOnnxEngine({ provider: 'cpu', cacheBytes: CACHE_BYTES, queue: QUEUE });
  const recommender = createCheckpointRecommender({
    checkpointId: '1-00000000',
    checkpoint,
    model: await onnx.load(checkpoint),
    catalogue: new FakeCatalogue(itemIds),
    settings: { listSize: 10, seen: { kind: 'exclude' }, coldItems: 0, sequenceLength: 200 },
  });
  return {
    recommend: (requests, urgency) =>
      recommender.recommend(
        requests.map(({ state, ...request }) => {
          const gains = GAINS[partitionOf(Buffer.from(state.userId), GAINS.length)] ?? {};
          return { ...request, state: { ...state, equalizer: { ...state.equalizer, gains } } };
        }),
        urgency,
      ),
  };
}
