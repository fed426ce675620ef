/** A stream processor on the embedded adapters, with a recommender whose lists show the state they came from. */
import { SqliteLog } from '../../src/adapters/embedded/sqlite-log.js';
import { SqliteStateStore } from '../../src/adapters/embedded/sqlite-state-store.js';
import type { RecommendationList } from '../../src/events/events.js';
import { SINGLE_OBJECT } from '../../src/events/wire-format.js';
import { SILENT } from '../../src/ops/logger.js';
import type { Log, Task } from '../../src/ports/log.js';
import type { StateStore } from '../../src/ports/state-store.js';
import type { Catalogue } from '../../src/recommend/catalogue.js';
import type { ListRequest, Recommender } from '../../src/recommend/recommender.js';
import { activeGains } from '../../src/state/user-state.js';
import { CatalogueView } from '../../src/stream/catalogue-view.js';
import { Processor, type ProcessorParts } from '../../src/stream/processor.js';
import { DEFAULT_STREAM_SETTINGS, type StreamSettings } from '../../src/stream/settings.js';
import type { StepName } from '../../src/stream/steps.js';

/** Small everything, so that little data crosses every border: batches, chunks, rolling sequences. */
export const TEST_SETTINGS: StreamSettings = {
  ...DEFAULT_STREAM_SETTINGS,
  group: 'test',
  reducer: { ...DEFAULT_STREAM_SETTINGS.reducer, sequenceLength: 6, seenItems: 12, hiddenItems: 4, recentEvents: 8 },
  batchSize: 6,
  hotStates: 5,
  // Far away: what a batch holds must not depend on the machine.
  batchMs: 1e9,
  healChunk: 7,
  maxRecordBytes: 2000,
  pollMs: 20,
  watchMs: 0,
  catalogueMs: 0,
  backoff: { firstMs: 1, longestMs: 10 },
};

/** With nothing on offer. */
export const EMPTY_CATALOGUE: Catalogue = {
  item: () => undefined,
  items: () => [],
  offsets: [],
  changedSince: () => [],
  size: 0,
};

/** Lists the newest items of the sequence that are on offer; each part of the answer is a part of the state. */
export function echoRecommender(catalogue: Catalogue): Recommender {
  return {
    async recommend(requests) {
      return requests.map((request) => echo(request, catalogue));
    },
  };
}

function echo({ state, source, trigger, profile, now }: ListRequest, catalogue: Catalogue): RecommendationList {
  const { history, equalizer, userId } = state;
  const items = [...history.sequence].reverse().filter(({ itemId }) => catalogue.item(itemId) !== undefined);
  const effects = Object.entries(activeGains(equalizer)).map(([attribute, gain]) => {
    return { attribute, gain, share: 0, method: 'none', amount: 0, limited: false };
  });
  return {
    listId: `${source.topic}-${source.partition}-${source.offset}`,
    userId,
    items: items.map(({ itemId }) => ({ itemId, score: history.accepted, cold: false })),
    checkpoint: 'echo',
    equalizerVersion: equalizer.version,
    effects,
    reason: { trigger, ranking: 'model', profile },
    source,
    catalogue: catalogue.offsets,
    producedAt: now,
  };
}

/** Opens both stores of a folder. A power cut is no matter of tests, so nothing waits for the disk. */
export function openStores(folder: string): { log: SqliteLog; store: SqliteStateStore } {
  const log = SqliteLog.open(folder, { durability: 'process', lease: { heartbeatMs: 20, sessionMs: 10_000 } });
  return { log, store: SqliteStateStore.open(folder) };
}

export async function makeTopics(log: Log, partitions: number, { topics } = TEST_SETTINGS): Promise<void> {
  await log.ensureTopic(topics.interactions, partitions);
  await log.ensureTopic(topics.profiles, partitions);
  await log.ensureTopic(topics.catalogue, 2);
  await log.ensureTopic(topics.recommendations, 2);
  await log.ensureTopic(topics.deadLetters, 1);
}

/** The parts of a processor; `change` replaces some. */
export function processorParts(log: Log, store: StateStore, change: Partial<ProcessorParts> = {}): ProcessorParts {
  const { settings = TEST_SETTINGS, wire = SINGLE_OBJECT } = change;
  const catalogue = change.catalogue ?? new CatalogueView(log, settings.topics.catalogue, SILENT, wire);
  return {
    log,
    store,
    catalogue,
    recommender: echoRecommender(catalogue),
    settings,
    wire,
    logger: SILENT,
    onFault: (error) => {
      throw error;
    },
    ...change,
  };
}

/**
 * Runs a processor until every task has processed the log to its end, then closes it. `onStep` is told of every step;
 * time stands still, so that lists are equal to the byte.
 */
export async function runToEnd(
  log: Log,
  store: StateStore,
  onStep: (step: StepName, task: Task) => void | Promise<void> = () => undefined,
  settings = TEST_SETTINGS,
): Promise<void> {
  const partitions = (await log.extents(settings.topics.interactions)).length;
  const ended = new Set<number>();
  const done = Promise.withResolvers<undefined>();
  const processor = new Processor(
    processorParts(log, store, {
      settings,
      now: () => 1_800_000_000_000,
      onFault: done.reject,
      logger: {
        ...SILENT,
        error: (message, fields) => {
          done.reject(new Error(message, { cause: fields }));
        },
      },
      onStep: async (step, task) => {
        await onStep(step, task);
        if (step === 'idle') ended.add(task.partition);
        if (ended.size === partitions) done.resolve(undefined);
      },
    }),
  );
  await processor.start();
  try {
    await done.promise;
  } finally {
    await processor.close();
  }
}
