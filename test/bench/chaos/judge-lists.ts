/**
 * The lists of one user against the oracle. In the order of the log they tell the order in which the user's events were
 * processed: each list stands after its own event and, of the other topic, after some event between those of the lists
 * around it. In `every-event` mode there is no choice, since every change has its own list; in `latest-per-batch` mode a
 * list may have others before it that were not told.
 */
import type { RecommendationList } from '../../../src/events/events.js';
import type { Emit } from './world.js';
import { equalizerAt, type User } from './oracle.js';

export interface Told {
  readonly list: RecommendationList;
  /** Offset in the topic of lists. */
  readonly at: number;
}

/** After how many changes of either topic a list may stand: in the order in which they are tried. */
export interface Placed {
  readonly told: Told;
  readonly candidates: readonly { readonly interactions: number; readonly profiles: number }[];
}

/** Places every list of a user. `differ` is told of whatever breaks the guarantee. */
export function placeLists(
  user: User,
  lists: readonly Told[],
  emit: Emit,
  profilesTopic: string,
  differ: (what: string) => void,
): readonly Placed[] {
  const at = { ...user.before };
  const placed: Placed[] = [];
  const index = {
    interactions: new Map(user.interactions.map(({ record }, i) => [record.offset, i])),
    profiles: new Map(user.profiles.map(({ record }, i) => [record.offset, i])),
  };
  for (const [n, told] of lists.entries()) {
    const { source, listId } = told.list;
    const own = source.topic === profilesTopic ? 'profiles' : 'interactions';
    const found = index[own].get(source.offset);
    if (found === undefined || found < user.before[own]) {
      differ(`list ${listId} of "${user.id}" belongs to a record that owes none`);
      continue;
    }
    if (found < at[own]) {
      differ(`list ${listId} of "${user.id}" came again, or after a later one`);
      continue;
    }
    if (emit === 'every-event') {
      for (const missed of user[own].slice(at[own], found)) {
        differ(`no list for ${missed.record.topic} ${missed.record.partition} ${missed.record.offset} of "${user.id}"`);
      }
    }
    at[own] = found + 1;
    if (emit === 'every-event') {
      placed.push({ told, candidates: [{ ...at }] });
    } else if (own === 'interactions') {
      const profiles = versionFrom(user, at.profiles, told.list.equalizerVersion);
      if (profiles === undefined) {
        differ(
          `list ${listId} of "${user.id}" names equalizer ${told.list.equalizerVersion}, which it cannot have seen`,
        );
        continue;
      }
      at.profiles = profiles;
      placed.push({ told, candidates: [{ ...at }] });
    } else {
      const last = nextInteraction(lists, n, index.interactions, profilesTopic) ?? user.interactions.length;
      // Nothing comes after the last list.
      const first = n === lists.length - 1 ? last : at.interactions;
      const candidates = Array.from({ length: Math.max(1, last - first + 1) }, (_, i) => {
        return { interactions: first + i, profiles: at.profiles };
      });
      placed.push({ told, candidates });
    }
  }
  missingAtEnd(user, at, lists.at(-1), emit, differ);
  return placed;
}

/** The first count of profile changes, from one on, after which the equalizer has this version. */
function versionFrom(user: User, from: number, version: number): number | undefined {
  for (let count = from; count <= user.profiles.length; count += 1) {
    if (equalizerAt(user, count).version === version) return count;
  }
  return undefined;
}

/** How many interactions came before the one of the next list that has one. */
function nextInteraction(
  lists: readonly Told[],
  after: number,
  index: ReadonlyMap<number, number>,
  profilesTopic: string,
): number | undefined {
  const next = lists.slice(after + 1).find(({ list }) => list.source.topic !== profilesTopic);
  return next && index.get(next.list.source.offset);
}

function missingAtEnd(
  user: User,
  at: User['before'],
  last: Told | undefined,
  emit: Emit,
  differ: (what: string) => void,
): void {
  const owed = (own: 'interactions' | 'profiles') => user[own].slice(at[own]).map(({ record }) => record);
  if (emit === 'every-event') {
    for (const { topic, partition, offset } of [...owed('interactions'), ...owed('profiles')]) {
      differ(`no list for ${topic} ${partition} ${offset} of "${user.id}"`);
    }
    return;
  }
  const changes = user.interactions.length + user.profiles.length;
  if (changes === user.before.interactions + user.before.profiles) return;
  // The last event of all is of one of the topics: its list is the last one.
  const isInteraction = last?.list.source.topic === user.interactions.at(-1)?.record.topic;
  const isLast = last !== undefined && owed(isInteraction ? 'interactions' : 'profiles').length === 0;
  const version = equalizerAt(user, Infinity).version;
  if (!isLast || last.list.equalizerVersion !== version) {
    differ(`the last list of "${user.id}" is ${last?.list.listId ?? 'missing'}, which is not of the last event`);
  }
}
