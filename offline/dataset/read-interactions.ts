/** The interactions of a snapshot, through the very reducers of the service: what it would accept, and nothing else. */
import type { Snapshot } from '../../src/checkpoint/manifest.js';
import { decodeRecord } from '../../src/events/classify.js';
import type { Decoder } from '../../src/events/codec.js';
import type { ProfileEvent } from '../../src/events/events.js';
import type { LogRecord } from '../../src/ports/log.js';
import { onInteraction, onProfileEvent } from '../../src/state/reduce.js';
import {
  DEFAULT_REDUCER_SETTINGS,
  emptyState,
  type ReducerSettings,
  type UserState,
} from '../../src/state/user-state.js';
import type { OfflineContext } from '../context.js';
import { createProgress } from '../../src/terminal/progress.js';
import type { AcceptedWriter } from './accepted.js';
import { readSnapshot } from './snapshot.js';

export interface ReadInteractions {
  /** Records that the service would send to the dead letters. */
  readonly refused: number;
  /** Well-formed ones that are in no sequence: repeats, hidden or ignored kinds, erased users. */
  readonly leftOut: number;
}

/**
 * Reads partition by partition, and hands on what is accepted. A user's profile events come first: what an erase forgets
 * never enters. Memory grows with the users of one partition, about a kilobyte each, and not with their interactions.
 */
export async function readInteractions(
  context: OfflineContext,
  snapshot: Snapshot,
  accepted: AcceptedWriter,
): Promise<ReadInteractions> {
  const { interactions: topic, profiles } = context.config.topics;
  const settings = shortMemory(context.config.reducer.kinds);
  const extents = snapshot[topic] ?? [];
  const progress = createProgress({
    label: 'dataset',
    total: extents.reduce((sum, [first, end]) => sum + end - first, 0),
    unit: 'interactions',
  });
  let [refused, leftOut, read] = [0, 0, 0];
  for (const [partition, extent] of extents.entries()) {
    const profileExtent = snapshot[profiles]?.[partition] ?? [0, 0];
    const states = await readProfiles(context, partition, profileExtent, settings);
    for await (const records of readSnapshot(context.log, topic, partition, extent, context.signal)) {
      const decoder = (await context.wire.prepare(records))('interaction');
      for (const record of records) {
        const decoded = decodeRecord(record, decoder, userOf, extents.length, context.config.maxRecordBytes);
        if (!decoded.ok) {
          refused++;
          continue;
        }
        const { event } = decoded;
        const { userId } = event;
        const state = states.get(userId) ?? emptyState(userId);
        const reduced = onInteraction(state, event, record.timestamp, settings);
        if (reduced.outcome === 'changed') states.set(userId, reduced.state);
        const sequence = reduced.outcome === 'changed' ? reduced.state.history.sequence : state.history.sequence;
        // The sequence shows whether the interaction entered it: hidden and erased ones leave it as it was.
        const entry = sequence === state.history.sequence ? undefined : sequence.first;
        if (entry !== undefined) {
          accepted.add(userId, entry.itemId, entry.at);
        } else leftOut++;
      }
      await accepted.spill();
      read += records.length;
      progress.tick(read);
    }
    accepted.endPartition();
  }
  progress.end();
  return { refused, leftOut };
}

const userOf = (event: { readonly userId: string }): string => event.userId;

/** Bounds that keep states small; what decides acceptance is as in the service. */
function shortMemory(kinds: ReducerSettings['kinds']): ReducerSettings {
  return { ...DEFAULT_REDUCER_SETTINGS, kinds, sequenceLength: 1, seenItems: 0, hiddenItems: 0 };
}

async function readProfiles(
  { log, wire, config, signal }: OfflineContext,
  partition: number,
  extent: readonly [number, number],
  settings: ReducerSettings,
): Promise<Map<string, UserState>> {
  const states = new Map<string, UserState>();
  const topic = config.topics.profiles;
  const { length: partitions } = await log.extents(topic);
  const take = (record: LogRecord, decoder: Decoder<ProfileEvent>): void => {
    const decoded = decodeRecord(record, decoder, userOf, partitions, config.maxRecordBytes);
    // The service makes it a dead letter.
    if (!decoded.ok) return;
    const { event } = decoded;
    const state = states.get(event.userId) ?? emptyState(event.userId);
    const reduced = onProfileEvent(state, event, record.timestamp, settings);
    if (reduced.outcome === 'changed') states.set(event.userId, reduced.state);
  };
  for await (const records of readSnapshot(log, topic, partition, extent, signal)) {
    const decoder = (await wire.prepare(records))('profile-event');
    for (const record of records) take(record, decoder);
  }
  return states;
}
