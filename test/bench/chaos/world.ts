/** Where a chaos run happens: topics and a group of its own, small settings, users and items. */
import type { RecommendSettings } from '../../../src/recommend/recommend.js';
import { DEFAULT_STREAM_SETTINGS, type StreamSettings, type StreamTopics } from '../../../src/stream/settings.js';
import { DEFAULT_REDUCER_SETTINGS } from '../../../src/state/user-state.js';

export const PARTITIONS = 4;
export const CATALOGUE_PARTITIONS = 2;
/** Of the checkpoints; ids go on beyond, so that some items are known to none. */
export const ITEMS = 40;
const LIST_SIZE = 10;
export const USERS = Array.from({ length: 24 }, (_, index) =>
  index % 7 === 3 ? `użytkownik-${index}` : `user-${index}`,
);
export const ATTRIBUTES = ['genre/Even', 'genre/Low', 'mood/unknown to the checkpoints'] as const;

/** A member that is silent for so long has left, ms: every kill costs this much. */
export const SESSION_MS = 1500;
export const KAFKA_TIMING = {
  session: SESSION_MS,
  heartbeat: 200,
  rebalance: 6000,
  transaction: 6000,
  request: 3000,
  metadata: 60_000,
};
export const REDIS_TIMEOUT_MS = 1000;
/** As long as real ones wait, compared with how quickly tasks move: instances differ in what they serve. */
export const CHECKPOINT_POLL_MS = 3000;

export type Emit = StreamSettings['emit'];

export interface World {
  /** Of the consumer group, and the namespace in Redis. */
  readonly group: string;
  readonly topics: StreamTopics;
  readonly emit: Emit;
}

export function worldOf(group: string, emit: Emit): World {
  return {
    group,
    emit,
    topics: {
      interactions: `${group}.interactions`,
      profiles: `${group}.profiles`,
      catalogue: `${group}.catalogue`,
      recommendations: `${group}.recommendations`,
      deadLetters: `${group}.dead-letters`,
    },
  };
}

const REDUCER = { ...DEFAULT_REDUCER_SETTINGS, sequenceLength: 12, seenItems: 20, hiddenItems: 5, recentEvents: 16 };

export const RECOMMEND_SETTINGS: RecommendSettings = {
  listSize: LIST_SIZE,
  seen: { kind: 'exclude' },
  coldItems: 5,
  sequenceLength: REDUCER.sequenceLength,
};

/** Small everything, so that little data crosses every border. */
export function settingsOf({ group, topics, emit }: World): StreamSettings {
  return {
    ...DEFAULT_STREAM_SETTINGS,
    topics,
    group,
    emit,
    start: 'latest',
    reducer: REDUCER,
    batchSize: 16,
    hotStates: 3,
    healChunk: 200,
    maxRecordBytes: 2000,
    pollMs: 50,
    watchMs: 300,
    backoff: { firstMs: 50, longestMs: 1000 },
  };
}
