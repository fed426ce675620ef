/** An engine stubbed to a constant: every list has the same ten items, so that a bench measures the stream alone. */
import type { RecommendationList } from '../../../src/events/events.js';
import type { ListRequest, Recommender } from '../../../src/recommend/recommender.js';

const ITEMS = Array.from({ length: 10 }, (_, rank) => ({
  itemId: `item-${1000 + rank}`,
  score: 10 - rank / 7,
  cold: false,
}));

export const CONSTANT: Recommender = {
  async recommend(requests) {
    return requests.map(constantList);
  },
};

export function constantList({ state, source, trigger, profile, now }: ListRequest): RecommendationList {
  return {
    listId: `${source.topic}-${source.partition}-${source.offset}`,
    userId: state.userId,
    items: ITEMS,
    checkpoint: '1-00000000',
    equalizerVersion: state.equalizer.version,
    effects: [],
    reason: { trigger, ranking: 'model', profile },
    source,
    catalogue: [0],
    producedAt: now,
  };
}
