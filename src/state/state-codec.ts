/**
 * User state <-> compact Avro bytes (schemas/user-state.avsc). The lists of the history are packed to bits, hashes are
 * stored as bytes.
 */
import type { InteractionContext } from '../events/events.js';
import { readSchemas } from '../events/schema-files.js';
import { singleObjectFormat } from '../events/single-object.js';
import { EntryList, type SequenceEntry } from './entry-list.js';
import { packEntries, unpackEntries } from './packed-entries.js';
import { hashesFromBytes, hashesToBytes } from './recent-events.js';
import type { Equalizer, GainEntry, History, UserState } from './user-state.js';

/** An entry as version 1 of the schema had it: the time is the distance to the next entry. */
interface StoredEntry {
  readonly itemId: string;
  readonly before: number;
}

/** The value of the schema, as avsc has it. */
interface StoredState {
  readonly userId: string;
  readonly history: Omit<History, 'sequence' | 'older' | 'hidden' | 'recentEvents'> & {
    readonly sequence: readonly StoredEntry[];
    readonly older: readonly StoredEntry[];
    readonly hidden: readonly StoredEntry[];
    readonly recentEvents: Buffer;
    readonly packedSequence: Buffer;
    readonly packedOlder: Buffer;
    readonly packedHidden: Buffer;
  };
  readonly equalizer: Omit<Equalizer, 'gains' | 'recentEvents'> & {
    readonly gains: readonly (GainEntry & { readonly attribute: string })[];
    readonly recentEvents: Buffer;
  };
}

const NONE: readonly StoredEntry[] = [];
const format = singleObjectFormat(readSchemas('user-state'));

/** Lists keep their pieces: a state that was made otherwise may have other bytes. */
export function encodeState(state: UserState): Buffer {
  const { history, equalizer } = state;
  const gains = Object.entries(equalizer.gains).map(([attribute, entry]) => ({ attribute, ...entry }));
  const stored: StoredState = {
    userId: state.userId,
    history: {
      ...history,
      sequence: NONE,
      older: NONE,
      hidden: NONE,
      recentEvents: hashesToBytes(history.recentEvents),
      packedSequence: packEntries(history.sequence),
      packedOlder: packEntries(history.older),
      packedHidden: packEntries(history.hidden),
    },
    equalizer: {
      ...equalizer,
      gains: gains.sort((a, b) => (a.attribute < b.attribute ? -1 : 1)),
      recentEvents: hashesToBytes(equalizer.recentEvents),
    },
  };
  return format.encode(stored);
}

/** @throws Error when these are not the bytes of a state that this version can read. */
export function decodeState(bytes: Buffer): UserState {
  const decoded = format.decode(bytes);
  if (!decoded.ok) throw new Error(`a stored user state cannot be read (${decoded.reason}): ${decoded.message}`);
  // The schema fixes this type: what was decoded has it.
  const { userId, history, equalizer } = decoded.value as StoredState;
  const { accepted, clock, context } = history;
  const { version, floor, off, preset, erasedBefore } = equalizer;
  return {
    userId,
    history: {
      accepted,
      clock,
      sequence: entriesOf(history.packedSequence, history.sequence, clock),
      older: entriesOf(history.packedOlder, history.older, clock),
      hidden: entriesOf(history.packedHidden, history.hidden, clock),
      recentEvents: hashesFromBytes(history.recentEvents),
      context: context === null ? null : { ...contextOf(context), at: context.at },
    },
    equalizer: {
      version,
      gains: Object.fromEntries(
        equalizer.gains.map(({ attribute, gain, at, expiresAt }) => [attribute, { gain, at, expiresAt }]),
      ),
      floor,
      off,
      preset,
      erasedBefore,
      recentEvents: hashesFromBytes(equalizer.recentEvents),
    },
  };
}

function contextOf({ device, page, market, maturityLimit }: InteractionContext): InteractionContext {
  return { device, page, market, maturityLimit };
}

/** States of version 1 have no packed list. */
function entriesOf(packed: Buffer, stored: readonly StoredEntry[], clock: number): EntryList {
  return packed.length > 0 ? unpackEntries(packed) : EntryList.of(toTimes(stored, clock));
}

function toTimes(stored: readonly StoredEntry[], clock: number): readonly SequenceEntry[] {
  let at = clock;
  for (const { before } of stored) at -= before;
  return stored.map(({ itemId, before }) => {
    const entry = { itemId, at };
    at += before;
    return entry;
  });
}
