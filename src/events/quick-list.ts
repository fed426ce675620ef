/**
 * Writes recommendation lists, of which the stream writes most, in one pass: checks the contract (contracts.ts), and
 * writes what avsc would (schemas/recommendation-list.avsc), into buffers that lists share. A list that breaks the
 * contract, has text beyond ASCII or is very long is left to the general way, which says what is wrong with it.
 */
import { MAX_ATTRIBUTE_LENGTH, MAX_ID_LENGTH, MAX_LONG, MAX_TIME } from './contracts.js';
import type { AttributeEffect, RankedItem, RecommendationList } from './events.js';
import { QuickWriter } from './quick-writer.js';

const NO_LIMIT = Number.MAX_SAFE_INTEGER;
const MAX_INT = 2 ** 31 - 1;
/** In the order of the schema. */
const TRIGGERS = ['interaction', 'profile', 'refresh'];
const RANKINGS = ['model', 'popular'];
const OUTCOMES = ['applied', 'stale', 'conflict'];

/** Undefined for a list that is left to the general way. */
export type QuickListWriter = (list: RecommendationList) => Buffer | undefined;

/** @param head what comes before the body */
export function quickListWriter(head: Buffer): QuickListWriter {
  const writer = new QuickWriter();
  return (list) => {
    writer.begin(head);
    writer.text(list.listId, 1, MAX_ID_LENGTH);
    writer.text(list.userId, 1, MAX_ID_LENGTH);
    writer.array(list.items, writeItem);
    writer.text(list.checkpoint, 0, NO_LIMIT);
    writer.whole(list.equalizerVersion, MAX_LONG);
    writer.array(list.effects, writeEffect);
    const { trigger, ranking, profile } = list.reason;
    writer.symbol(trigger, TRIGGERS);
    writer.symbol(ranking, RANKINGS);
    writer.whole(profile === null ? 0 : 1, 1);
    if (profile !== null) writer.symbol(profile, OUTCOMES);
    const { topic, partition, offset } = list.source;
    writer.text(topic, 1, NO_LIMIT);
    writer.whole(partition, MAX_INT);
    writer.whole(offset, MAX_LONG);
    writer.array(list.catalogue, writeOffset);
    writer.whole(list.producedAt, MAX_TIME);
    return writer.end();
  };
}

function writeItem(writer: QuickWriter, { itemId, score, cold }: RankedItem): void {
  writer.text(itemId, 1, MAX_ID_LENGTH);
  writer.real(score, Number.MAX_VALUE);
  writer.bool(cold);
}

function writeEffect(writer: QuickWriter, { attribute, gain, share, method, amount, limited }: AttributeEffect): void {
  writer.text(attribute, 1, MAX_ATTRIBUTE_LENGTH);
  writer.real(gain, 1);
  writer.real(share, 1);
  writer.require(share >= 0);
  writer.text(method, 0, NO_LIMIT);
  writer.real(amount, Number.MAX_VALUE);
  writer.bool(limited);
}

function writeOffset(writer: QuickWriter, offset: number): void {
  writer.whole(offset, MAX_LONG);
}
