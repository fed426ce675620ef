/**
 * User state <-> compact Avro bytes (schemas/user-state.avsc). Times of entries are stored as the distance to the next
 * one, hashes as bytes.
 */
import type { InteractionContext } from '../events/events.js';
import { readSchemas } from '../events/schema-files.js';
import { singleObjectFormat } from '../events/single-object.js';
import type { Equalizer, GainEntry, History, SequenceEntry, UserState } from './user-state.js';

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
  };
  readonly equalizer: Omit<Equalizer, 'gains' | 'recentEvents'> & {
    readonly gains: readonly (GainEntry & { readonly attribute: string })[];
    readonly recentEvents: Buffer;
  };
}

const HASH_BYTES = 8;
const format = singleObjectFormat(readSchemas('user-state'));

/** The same bytes for the same state. */
export function encodeState(state: UserState): Buffer {
  const { history, equalizer } = state;
  const gains = Object.entries(equalizer.gains).map(([attribute, entry]) => ({ attribute, ...entry }));
  const stored: StoredState = {
    userId: state.userId,
    history: {
      ...history,
      sequence: toDistances(history.sequence, history.clock),
      older: toDistances(history.older, history.clock),
      hidden: toDistances(history.hidden, history.clock),
      recentEvents: toBytes(history.recentEvents),
    },
    equalizer: {
      ...equalizer,
      gains: gains.sort((a, b) => (a.attribute < b.attribute ? -1 : 1)),
      recentEvents: toBytes(equalizer.recentEvents),
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
      sequence: toTimes(history.sequence, clock),
      older: toTimes(history.older, clock),
      hidden: toTimes(history.hidden, clock),
      recentEvents: toHex(history.recentEvents),
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
      recentEvents: toHex(equalizer.recentEvents),
    },
  };
}

function contextOf({ device, page, market, maturityLimit }: InteractionContext): InteractionContext {
  return { device, page, market, maturityLimit };
}

function toDistances(entries: readonly SequenceEntry[], clock: number): readonly StoredEntry[] {
  return entries.map(({ itemId, at }, i) => ({ itemId, before: (entries[i + 1]?.at ?? clock) - at }));
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

function toBytes(hashes: readonly string[]): Buffer {
  return Buffer.from(hashes.join(''), 'hex');
}

function toHex(bytes: Buffer): readonly string[] {
  const digits = bytes.toString('hex');
  return Array.from({ length: bytes.length / HASH_BYTES }, (_, i) =>
    digits.slice(i * HASH_BYTES * 2, (i + 1) * HASH_BYTES * 2),
  );
}
