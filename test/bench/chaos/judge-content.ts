/** What lists say: each equals one that can be made from what it names, and for one user nothing goes back. */
import type { Evidence } from './evidence.js';
import { type Placed, placeLists, type Told } from './judge-lists.js';
import { type Oracle, stateAt, type User } from './oracle.js';
import { type Asked, Recomputation } from './recompute.js';
import { difference } from './same-list.js';

export async function judgeLists(
  { world, checkpoints, topics }: Pick<Evidence, 'world' | 'checkpoints' | 'topics'>,
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
  const isOfProfiles = list.source.topic === user.profiles.at(0)?.record.topic;
  return placed.candidates.map(({ interactions, profiles }, candidate) => {
    const profile = isOfProfiles ? (user.profiles[profiles - 1]?.outcome ?? null) : null;
    const trigger = !isOfProfiles ? 'interaction' : profile === null ? 'refresh' : 'profile';
    const state = stateAt(user, interactions, profiles);
    const request = { state, source: list.source, trigger, profile, now: list.producedAt } as const;
    return { what: { placed, candidate }, named: list, request };
  });
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
    const misnamed = recomputation.misnamed(list.checkpoint, user.id);
    if (misnamed !== undefined) {
      differ(`list ${list.listId} names checkpoint ${list.checkpoint}, which ${misnamed}`);
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
