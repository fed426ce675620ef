/** Holds what a run left behind to the guarantee of docs/ARCHITECTURE.md, word by word. */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { DeadLetter, RecommendationList } from '../../../src/events/events.js';
import type { UserState } from '../../../src/state/user-state.js';
import { decode } from './bytes.js';
import { type Placed, placeLists, type Told } from './judge-lists.js';
import { equalizerAt, type Oracle, oracleOf, type Start, stateAt, type User } from './oracle.js';
import { type Asked, Recomputation } from './recompute.js';
import { difference } from './same-list.js';
import type { Read } from './topics.js';
import type { World } from './world.js';

/** Bytes of an original value that a dead letter keeps. */
const KEPT = 256 * 1024;

export interface Evidence {
  readonly world: World;
  readonly start: Start;
  /** By topic, as a consumer that reads committed saw them. */
  readonly topics: ReadonlyMap<string, readonly Read[]>;
  readonly checkpoints: string;
  /** A user's state as it is stored now. */
  readonly stored: (user: string, partition: number) => Promise<UserState | undefined>;
  /** When everything had come to rest, ms. */
  readonly endedAt: number;
}

export interface Verdict {
  readonly inputs: number;
  readonly lists: number;
  readonly deadLetters: number;
  readonly unchanged: number;
  readonly expiries: number;
  readonly checkpoints: number;
  readonly differences: readonly string[];
}

export async function judge(evidence: Evidence): Promise<Verdict> {
  const { world, topics, start } = evidence;
  const of = (topic: string): readonly Read[] => topics.get(topic) ?? [];
  const inputs = [...of(world.topics.interactions), ...of(world.topics.profiles)];
  const differences: string[] = [];
  const differ = (what: string): void => void differences.push(what);
  const oracle = oracleOf(inputs, world, start);
  const lists = of(world.topics.recommendations).map((record) => toldOf(record, differ));
  judgeDeadLetters(of(world.topics.deadLetters), oracle, differ);
  await judgeLists(evidence, oracle, lists, differ);
  await judgeStates(evidence, oracle, differ);
  const expiries = [...oracle.users.values()].reduce(
    (sum, user) => sum + judgeExpiries(user, evidence.endedAt, differ),
    0,
  );
  return {
    inputs: inputs.length,
    lists: lists.length,
    deadLetters: of(world.topics.deadLetters).length,
    unchanged: oracle.unchanged,
    expiries,
    checkpoints: new Set(lists.map(({ list }) => list.checkpoint)).size,
    differences,
  };
}

function toldOf({ key, value, offset }: Read, differ: (what: string) => void): Told {
  const list = decode('recommendation-list', value!) as RecommendationList;
  const { topic, partition, offset: at } = list.source;
  if (list.listId !== `${topic}-${partition}-${at}`)
    differ(`list ${list.listId} says that its source is ${topic}-${partition}-${at}`);
  if (key?.toString() !== list.userId)
    differ(`list ${list.listId} of "${list.userId}" has the key "${key?.toString() ?? ''}"`);
  return { list, at: offset };
}

function judgeDeadLetters(records: readonly Read[], { dead }: Oracle, differ: (what: string) => void): void {
  const place = (of: { topic: string; partition: number; offset: number }): string =>
    `${of.topic} ${of.partition} ${of.offset}`;
  const written = Map.groupBy(
    records.map(({ value }) => decode('dead-letter', value!) as DeadLetter),
    ({ source }) => place(source),
  );
  for (const { record, reason } of dead) {
    const here = place(record);
    const letters = written.get(here) ?? [];
    written.delete(here);
    const [letter] = letters;
    if (letters.length !== 1 || !letter) {
      differ(`${letters.length} dead letters for ${here} (${reason})`);
      continue;
    }
    const { key, value } = record;
    const expected = {
      reason,
      key: key?.toString('hex'),
      value: value?.subarray(0, KEPT).toString('hex'),
      valueLength: value?.length ?? 0,
      valueSha256: value && createHash('sha256').update(value).digest('hex'),
      sourceTimestamp: record.timestamp,
    };
    const actual = {
      reason: letter.reason,
      key: letter.key?.toString('hex'),
      value: letter.value?.toString('hex'),
      valueLength: letter.valueLength,
      valueSha256: letter.valueSha256,
      sourceTimestamp: letter.sourceTimestamp,
    };
    if (!isDeepStrictEqual(actual, expected))
      differ(`the dead letter of ${here} is ${letter.reason}, not ${reason}, or has other bytes`);
  }
  for (const here of written.keys()) differ(`a dead letter for ${here}, which is sound or before the start`);
}

async function judgeLists(
  { world, checkpoints, topics }: Evidence,
  oracle: Oracle,
  lists: readonly Told[],
  differ: (what: string) => void,
): Promise<void> {
  const byUser = Map.groupBy(lists, ({ list }) => list.userId);
  for (const id of byUser.keys()) if (!oracle.users.has(id)) differ(`lists for "${id}", who has no events`);
  const recomputation = await Recomputation.open(checkpoints, topics.get(world.topics.catalogue) ?? []);
  try {
    const asked: Asked<{ placed: Placed; candidate: number }>[] = [];
    const placedOf = new Map<User, readonly Placed[]>();
    for (const [id, user] of oracle.users) {
      const told = byUser.get(id) ?? [];
      judgeOrder(told, differ);
      const placed = placeLists(user, told, world.emit, world.topics.profiles, differ);
      placedOf.set(user, placed);
      for (const one of placed) asked.push(...questions(user, one));
    }
    const answers = new Map<Placed, Map<number, string | undefined>>();
    for await (const { what, list } of recomputation.lists(asked)) {
      const of = answers.get(what.placed) ?? new Map<number, string | undefined>();
      answers.set(what.placed, of.set(what.candidate, difference(what.placed.told.list, list)));
    }
    for (const [user, placed] of placedOf) judgeContent(user, placed, answers, recomputation, differ);
  } finally {
    recomputation.close();
  }
}

function questions(user: User, placed: Placed): Asked<{ placed: Placed; candidate: number }>[] {
  const { list } = placed.told;
  const trigger = list.source.topic === user.profiles.at(0)?.record.topic ? 'profile' : 'interaction';
  return placed.candidates.map(({ interactions, profiles }, candidate) => ({
    what: { placed, candidate },
    named: list,
    request: {
      state: stateAt(user, interactions, profiles),
      source: list.source,
      trigger,
      profile: trigger === 'profile' ? (user.profiles[profiles - 1]?.outcome ?? null) : null,
      now: list.producedAt,
    },
  }));
}

/** For one user nothing goes back: not the equalizer, the checkpoint, or any part of the catalogue. */
function judgeOrder(told: readonly Told[], differ: (what: string) => void): void {
  for (const [index, { list }] of told.entries()) {
    const before = told[index - 1]?.list;
    if (!before) continue;
    const sequence = (checkpoint: string): number => Number.parseInt(checkpoint, 10);
    if (list.equalizerVersion < before.equalizerVersion) {
      differ(
        `equalizer of "${list.userId}" went back from ${before.equalizerVersion} (${before.listId}) to ${list.equalizerVersion} (${list.listId})`,
      );
    }
    if (sequence(list.checkpoint) < sequence(before.checkpoint)) {
      differ(
        `checkpoint of "${list.userId}" went back from ${before.checkpoint} (${before.listId}) to ${list.checkpoint} (${list.listId})`,
      );
    }
    if (list.catalogue.some((offset, partition) => offset < (before.catalogue[partition] ?? 0))) {
      differ(
        `catalogue of "${list.userId}" went back from ${before.catalogue.join()} (${before.listId}) to ${list.catalogue.join()} (${list.listId})`,
      );
    }
  }
}

/** Every list equals one that can be made from what it names, and together they are one way through the events. */
function judgeContent(
  user: User,
  placed: readonly Placed[],
  answers: ReadonlyMap<Placed, ReadonlyMap<number, string | undefined>>,
  recomputation: Recomputation,
  differ: (what: string) => void,
): void {
  let interactions = 0;
  for (const one of placed) {
    const { list } = one.told;
    if (!recomputation.knows(list.checkpoint)) {
      differ(`list ${list.listId} names checkpoint ${list.checkpoint}, which was never published`);
      continue;
    }
    const found = answers.get(one);
    const fits = one.candidates.findIndex((candidate, index) => {
      return candidate.interactions >= interactions && found?.has(index) && found.get(index) === undefined;
    });
    if (fits === -1) differ(`list ${list.listId} of "${user.id}": ${found?.get(0) ?? 'no state fits'}`);
    else ({ interactions } = one.candidates[fits]!);
  }
}

async function judgeStates({ stored }: Evidence, { users }: Oracle, differ: (what: string) => void): Promise<void> {
  for (const user of users.values()) {
    const expected = stateAt(user, Infinity, Infinity);
    const hasState = user.interactions.length + user.profiles.length > 0;
    const actual = await stored(user.id, user.partition);
    if (hasState ? isDeepStrictEqual(normal(actual), normal(expected)) : actual === undefined) continue;
    differ(`the stored state of "${user.id}" is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`);
  }
}

/** Gains may come in any order. */
function normal(state: UserState | undefined): unknown {
  if (!state) return undefined;
  const gains = Object.entries(state.equalizer.gains).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.parse(JSON.stringify({ ...state, equalizer: { ...state.equalizer, gains } })) as unknown;
}

/** Whatever should have ended has: the owners said so in the log. Returns how often one of them did. */
function judgeExpiries(user: User, endedAt: number, differ: (what: string) => void): number {
  for (const [attribute, { expiresAt }] of equalizerAt(user, Infinity).gains) {
    if (expiresAt !== null && expiresAt <= endedAt)
      differ(`the gain of "${user.id}" for ${attribute} should have ended at ${expiresAt}`);
  }
  return user.profiles.filter(({ record }) => isOwners(record)).length;
}

function isOwners({ value }: Read): boolean {
  return (decode('profile-event', value!) as { eventId: string }).eventId.startsWith('expire:');
}
