/** What the values of each contract must fulfil beyond their Avro schema. */
import { z } from 'zod';
import {
  type CatalogueItem,
  DEAD_LETTER_REASONS,
  type DeadLetter,
  type Interaction,
  PROFILE_MODES,
  type ProfileEvent,
  type RankedItem,
  type RecommendationList,
} from './events.js';

/** By name of the schema file. */
export interface Contracts {
  readonly interaction: Interaction;
  readonly 'profile-event': ProfileEvent;
  readonly 'catalogue-item': CatalogueItem;
  readonly 'recommendation-list': RecommendationList;
  readonly 'dead-letter': DeadLetter;
}
export type ContractName = keyof Contracts;

export const MAX_ID_LENGTH = 512;
export const MAX_ATTRIBUTE_LENGTH = 200;
export const MAX_TITLE_LENGTH = 10_000;
/** Of an item. */
export const MAX_ATTRIBUTES = 1_000;
export const MAX_GAINS = 64;

/** The year 2200, ms. */
export const MAX_TIME = Date.UTC(2200, 0);
/** In years. */
export const MAX_AGE = 200;

const id = z.string().min(1).max(MAX_ID_LENGTH);
const word = z.string().max(MAX_ID_LENGTH).nullable();
const attribute = z.string().min(1).max(MAX_ATTRIBUTE_LENGTH);
const time = z
  .int({ error: 'a time is a whole number of milliseconds since 1970' })
  .min(0, { error: 'a time before 1970' })
  .max(MAX_TIME, { error: 'a time after 2200: is it in milliseconds since 1970?' });
const age = z.int().min(0).max(MAX_AGE).nullable();
/** Below 2^52, as the wire check has it. */
export const MAX_LONG = 2 ** 52 - 1;
const offset = z.int().min(0).max(MAX_LONG);
const fraction = z.number().min(0).max(1);
const gain = z.number({ error: 'a gain is a number' }).min(-1).max(1);
/** Looked at by one function: they are the largest part of what is written most. */
const rankedItems = z
  .custom<readonly RankedItem[]>((items) => Array.isArray(items) && items.every(isRankedItem), {
    error: `an item has an id of 1 to ${MAX_ID_LENGTH} characters, a score that is a number, and is cold or not`,
  })
  .transform((items) => items.map(({ itemId, score, cold }) => ({ itemId, score, cold })));
const source = z.object({ topic: z.string().min(1), partition: offset, offset });

export const CONTRACTS: { readonly [Name in ContractName]: z.ZodType<Contracts[Name]> } = {
  interaction: z.object({
    eventId: id,
    userId: id,
    itemId: id,
    kind: id,
    value: z.number().nullable(),
    occurredAt: time,
    listId: word,
    context: z.object({ device: word, page: word, market: word, maturityLimit: age }).nullable(),
  }),
  'profile-event': z.object({
    eventId: id,
    userId: id,
    mode: z.enum(PROFILE_MODES),
    gains: z
      .unknown()
      // Records drop this key without a word.
      .refine((gains) => !Object.keys(gains ?? {}).includes('__proto__'), {
        error: 'no attribute can be named __proto__',
      })
      .pipe(z.record(attribute, gain))
      .refine((gains) => Object.keys(gains).length <= MAX_GAINS, { error: `more than ${MAX_GAINS} gains` }),
    expiresAt: time.nullable(),
    preset: word,
    expectedVersion: offset.nullable(),
    occurredAt: time,
  }),
  'catalogue-item': z.object({
    itemId: id,
    title: z.string().max(MAX_TITLE_LENGTH),
    attributes: z.array(attribute).max(MAX_ATTRIBUTES),
    markets: z.array(id).max(1_000).nullable(),
    minimumAge: age,
    addedAt: time.nullable(),
  }),
  'recommendation-list': z.object({
    listId: id,
    userId: id,
    items: rankedItems,
    checkpoint: z.string(),
    equalizerVersion: offset,
    effects: z.array(
      z.object({ attribute, gain, share: fraction, method: z.string(), amount: z.number(), limited: z.boolean() }),
    ),
    reason: z.object({
      trigger: z.enum(['interaction', 'profile', 'refresh']),
      ranking: z.enum(['model', 'popular']),
      profile: z.enum(['applied', 'stale', 'conflict']).nullable(),
    }),
    source,
    catalogue: z.array(offset),
    producedAt: time,
  }),
  'dead-letter': z.object({
    reason: z.enum(DEAD_LETTER_REASONS),
    message: z.string(),
    source,
    // The log's own, whatever its producer made of it.
    sourceTimestamp: z.int().min(-MAX_LONG).max(MAX_LONG),
    key: z.instanceof(Buffer).nullable(),
    value: z.instanceof(Buffer).nullable(),
    valueLength: offset,
    valueSha256: z.string().nullable(),
    producedAt: time,
  }),
};

function isRankedItem(item: unknown): boolean {
  if (typeof item !== 'object' || item === null || !('itemId' in item) || !('score' in item) || !('cold' in item))
    return false;
  const { itemId, score, cold } = item;
  const isId = typeof itemId === 'string' && itemId !== '' && itemId.length <= MAX_ID_LENGTH;
  return isId && Number.isFinite(score) && typeof cold === 'boolean';
}
