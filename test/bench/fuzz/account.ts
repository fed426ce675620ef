/** Every record of the inputs against what came out, by an ordinary kafkajs consumer that reads committed. */
import { hash } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import type { DeadLetter, RecommendationList } from '../../../src/events/events.js';
import type { StreamTopics } from '../../../src/stream/settings.js';
import { decode } from '../chaos/bytes.js';
import type { Side } from './fuzzed.js';
import { type Ledger, placeName } from './ledger.js';
import { readAll } from './read-all.js';

const KEPT_BYTES = 256 * 1024;
/** Kafka has 64 bits for a time; ours are cut to what Avro's readers agree on, ms. */
const MAX_TIME = 2 ** 52 - 1;

/** What is remembered of an input until its outputs are read. */
interface Input {
  readonly key: Buffer | null;
  readonly timestamp: number;
  readonly length: number;
  /** SHA-256 of the whole value, and of what a dead letter keeps of it. */
  readonly whole: string | null;
  readonly kept: string | null;
  list?: true;
  dead?: string;
}

export interface Account {
  readonly inputs: number;
  readonly lists: number;
  readonly unchanged: number;
  readonly deadLetters: number;
  readonly reasons: Readonly<Record<string, number>>;
  /** Events by which the service itself ended gains. */
  readonly expiries: number;
  /** By kind of damage: how many led to what. */
  readonly kinds: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Writes end marks: the service must be closed. `differ` is told of whatever breaks the promise. */
export async function account(
  kafka: Kafka,
  topics: StreamTopics,
  ledger: Ledger,
  differ: (what: string) => void,
): Promise<Account> {
  const inputs = new Map<string, Input>();
  const sideOf = (topic: string): Side | undefined =>
    topic === topics.interactions ? 'interactions' : topic === topics.profiles ? 'profiles' : undefined;
  const expiries = new Set<string>();

  await readAll(
    kafka,
    [topics.interactions, topics.profiles],
    ({ topic, partition, offset, timestamp, key, value }) => {
      const place = placeName(sideOf(topic)!, partition, offset);
      const entry = ledger.at(place);
      if (entry === undefined && isExpiry(value)) expiries.add(place);
      else if (entry === undefined) differ(`${place}: nobody sent it`);
      else if (entry.expected === null) differ(`${place}: an aborted record was read`);
      const kept = value && sha256(value.subarray(0, KEPT_BYTES));
      const whole = value && (value.length > KEPT_BYTES ? sha256(value) : kept);
      inputs.set(place, { key, timestamp: Number(timestamp), length: value?.length ?? 0, whole, kept });
    },
  );

  const found = (source: RecommendationList['source'], what: string): Input | undefined => {
    const side = sideOf(source.topic);
    const place = side === undefined ? source.topic : placeName(side, source.partition, source.offset);
    const input = inputs.get(place);
    if (input === undefined) differ(`${place}: has a ${what}, and is no input that counts`);
    else if (input.list !== undefined || input.dead !== undefined) differ(`${place}: has a second output, a ${what}`);
    return input;
  };
  await readAll(kafka, [topics.recommendations], ({ key, value }) => {
    const list = decode('recommendation-list', value ?? Buffer.alloc(0)) as RecommendationList;
    const input = found(list.source, 'list');
    if (input === undefined) return;
    input.list = true;
    const { topic, partition, offset } = list.source;
    const isSound =
      list.listId === `${topic}-${partition}-${offset}` && list.userId === key?.toString() && sameBytes(key, input.key);
    if (!isSound) differ(`${list.listId}: its list is of "${list.userId}"`);
  });
  await readAll(kafka, [topics.deadLetters], ({ key, value }) => {
    const dead = decode('dead-letter', value ?? Buffer.alloc(0)) as DeadLetter;
    const input = found(dead.source, 'dead letter');
    if (input === undefined) return;
    input.dead = dead.reason;
    const place = `${dead.source.topic}-${dead.source.partition}-${dead.source.offset}`;
    if (dead.valueLength !== input.length || dead.valueSha256 !== input.whole)
      differ(`${place}: another length or SHA-256`);
    if ((dead.value && sha256(dead.value)) !== input.kept) differ(`${place}: other bytes in its dead letter`);
    if (!beginsWith(input.key, dead.key) || !beginsWith(input.key, key))
      differ(`${place}: another key in its dead letter`);
    if (dead.sourceTimestamp !== Math.max(-MAX_TIME, Math.min(input.timestamp, MAX_TIME)))
      differ(`${place}: another time`);
    if (dead.message === '') differ(`${place}: a dead letter that does not say what was wrong`);
  });
  return compare(inputs, ledger, expiries, differ);
}

function compare(
  inputs: ReadonlyMap<string, Input>,
  ledger: Ledger,
  expiries: ReadonlySet<string>,
  differ: (what: string) => void,
): Account {
  const kinds: Record<string, Record<string, number>> = {};
  const reasons: Record<string, number> = {};
  const totals = { list: 0, unchanged: 0, dead: 0 };
  for (const [place, { list, dead }] of inputs) {
    const outcome = list ? 'list' : dead !== undefined ? 'dead' : 'unchanged';
    totals[outcome] += 1;
    const { kind, expected } = ledger.at(place) ?? { kind: 'end of gains', expected: null };
    const counts = (kinds[kind] ??= {});
    counts[dead ?? outcome] = (counts[dead ?? outcome] ?? 0) + 1;
    if (dead !== undefined) reasons[dead] = (reasons[dead] ?? 0) + 1;
    if (expiries.has(place) && outcome === 'dead') differ(`${place}: the service's own event is a dead letter`);
    if (expected === null) continue;
    const isRight = expected.outcomes.includes(outcome);
    const isReason =
      dead === undefined || expected.reasons.length === 0 || expected.reasons.some((one) => one === dead);
    if (!isRight || !isReason) {
      const wanted = [...expected.outcomes, ...expected.reasons].join(' / ');
      differ(`${place} (${kind}): ${dead ?? outcome}, and must be ${wanted}`);
    }
  }
  for (const [place, { kind, expected }] of ledger.entries()) {
    if (expected !== null && !inputs.has(place)) differ(`${place} (${kind}): sent, and not in the log`);
  }
  const { list: lists, unchanged, dead: deadLetters } = totals;
  return { inputs: inputs.size, lists, unchanged, deadLetters, reasons, expiries: expiries.size, kinds };
}

function isExpiry(value: Buffer | null): boolean {
  if (value === null) return false;
  try {
    const { mode, eventId } = decode('profile-event', value) as { readonly mode: string; readonly eventId: string };
    return mode === 'expire' && eventId.startsWith('expire:');
  } catch {
    return false;
  }
}

/** A huge key is cut. */
function beginsWith(key: Buffer | null, kept: Buffer | null): boolean {
  if (key === null || kept === null) return key === kept;
  return kept.length >= Math.min(key.length, 1024) && key.subarray(0, kept.length).equals(kept);
}

function sameBytes(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b);
}

function sha256(bytes: Buffer): string {
  return hash('sha256', bytes, 'hex');
}
