/**
 * The typed events that walk through the house, one interface per Avro contract in schemas/.
 * Times are milliseconds since the Unix epoch, UTC. `null` stands for "not given", as in the contracts.
 */

/** Where an interaction happened. It decides which items are eligible for the list it leads to. */
export interface InteractionContext {
  readonly device: string | null;
  readonly page: string | null;
  /** Market (usually an ISO 3166-1 code) whose catalogue applies. */
  readonly market: string | null;
  /** Viewer's age limit in years: items with a higher minimum age are not eligible. Null: no limit. */
  readonly maturityLimit: number | null;
}

/** A user did something with an item. Key on the log: the user id. */
export interface Interaction {
  readonly eventId: string;
  readonly userId: string;
  readonly itemId: string;
  /** Free word of the platform ("view", "rating", "dislike"); the configuration says what it means. */
  readonly kind: string;
  readonly value: number | null;
  readonly occurredAt: number;
  /** The recommendation list that led to it. */
  readonly listId: string | null;
  readonly context: InteractionContext | null;
}

export const PROFILE_MODES = ['replace', 'merge', 'reset', 'off', 'expire', 'erase', 'refresh'] as const;
export type ProfileMode = (typeof PROFILE_MODES)[number];

/** Attribute (such as `genre/Sci-Fi`) to gain in [-1, 1]. */
export type Gains = Readonly<Record<string, number>>;

/** What changes a user's equalizer. Key on the log: the user id. */
export interface ProfileEvent {
  readonly eventId: string;
  readonly userId: string;
  readonly mode: ProfileMode;
  readonly gains: Gains;
  /** When these gains end; null: they stay. */
  readonly expiresAt: number | null;
  /** The preset that these gains come from, if one. */
  readonly preset: string | null;
  /** Equalizer version that the sender saw: when it is no longer current, the event changes nothing. */
  readonly expectedVersion: number | null;
  readonly occurredAt: number;
}

/** An item as the platform describes it. Key on the log: the item id; a tombstone withdraws it. */
export interface CatalogueItem {
  readonly itemId: string;
  readonly title: string;
  /** Such as `genre/Sci-Fi`, `language/ja`, `decade/1980`, `series/Star Wars`. */
  readonly attributes: readonly string[];
  /** Markets where it may be shown; null: everywhere. */
  readonly markets: readonly string[] | null;
  /** Minimum age in years; null: for everyone. */
  readonly minimumAge: number | null;
  readonly addedAt: number | null;
}

/** A place in the log. */
export interface SourcePosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface RankedItem {
  readonly itemId: string;
  readonly score: number;
  /** Newer than the checkpoint: ranked by the items that share its attributes. */
  readonly cold: boolean;
}

/** What one gain of the equalizer asked for, and what this list gives. */
export interface AttributeEffect {
  readonly attribute: string;
  readonly gain: number;
  /** Share of the listed items that bear the attribute, in [0, 1]. */
  readonly share: number;
  /** How it was steered: `delta`, `add`, `replace` or `score` (see the steering map); `none`: this checkpoint cannot. */
  readonly method: string;
  readonly amount: number;
  /** The budget of recommendation quality held the gain below what was asked. */
  readonly limited: boolean;
}

/** Why there is a list, and where its ranking comes from. */
export interface ListReason {
  /** What kind of record led to it. */
  readonly trigger: 'interaction' | 'profile' | 'refresh';
  /** `model`: ranked by GPTRec; `popular`: no item of the window is known to the checkpoint. */
  readonly ranking: 'model' | 'popular';
  /** For a profile event: what became of it (see ProfileOutcome); for an interaction or a refresh null. */
  readonly profile: ProfileOutcome | null;
}

/** applied; stale: a newer setting stands; conflict: another version than expected was current. */
export type ProfileOutcome = 'applied' | 'stale' | 'conflict';

/** The product: a ranked list for one user. Its content is a function of what it names. */
export interface RecommendationList {
  /** `topic-partition-offset` of its source record. */
  readonly listId: string;
  readonly userId: string;
  readonly items: readonly RankedItem[];
  readonly checkpoint: string;
  readonly equalizerVersion: number;
  readonly effects: readonly AttributeEffect[];
  readonly reason: ListReason;
  readonly source: SourcePosition;
  /** Next offset of every catalogue partition that had been read. */
  readonly catalogue: readonly number[];
  readonly producedAt: number;
}

export const DEAD_LETTER_REASONS = [
  'bad-bytes',
  'unknown-schema',
  'invalid-value',
  'null-key',
  'null-value',
  'key-mismatch',
  'wrong-partition',
  'oversize',
] as const;
export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number];

/** A record that could not be used, kept with its bytes. */
export interface DeadLetter {
  readonly reason: DeadLetterReason;
  /** What was wrong, and what to do. */
  readonly message: string;
  readonly source: SourcePosition;
  readonly sourceTimestamp: number;
  readonly key: Buffer | null;
  /** The original bytes, at most 256 KiB of them. */
  readonly value: Buffer | null;
  /** Length and SHA-256 (hex) of the whole value; 0 and null for a null value. */
  readonly valueLength: number;
  readonly valueSha256: string | null;
  readonly producedAt: number;
}
