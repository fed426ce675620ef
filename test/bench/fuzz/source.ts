/** Sound records of some users, and what they lead to: the ids of accepted events are remembered as the contract says. */
import type { Random } from '../../../offline/random.js';
import { type Interaction, PROFILE_MODES, type ProfileEvent } from '../../../src/events/events.js';
import { encode } from '../chaos/bytes.js';
import { type Expected, type Fuzzed, LIST, placeOf, type Side, UNCHANGED } from './fuzzed.js';
import { NAMES, unicode } from './words.js';

/** The newest ids of each part of a state whose repeats change nothing. */
const REMEMBERED = 64;
/**
 * Profile events that end gains come from the service itself and are remembered too, at a moment that nobody can tell:
 * repeats of profile events keep away from the border by as much.
 */
const MARGIN = 44;
const PLAIN_USERS = 80;
const ODD_USERS = 20;
const ITEMS = 500;

export type Event = Interaction | ProfileEvent;

export class Source {
  readonly #users: readonly string[];
  /** By side and user, oldest first. */
  readonly #accepted = new Map<string, string[]>();
  #made = 0;

  constructor(
    readonly random: Random,
    readonly now: number,
  ) {
    const odd = Array.from({ length: ODD_USERS }, () => unicode(random, 1 + random.below(512)));
    const plain = Array.from({ length: PLAIN_USERS }, (_, n) => `user-${n}`);
    this.#users = [...new Set([...plain, ...odd, ...NAMES])];
  }

  pick<T>(from: readonly T[]): T {
    return from[this.random.below(from.length)]!;
  }

  user(): string {
    return this.pick(this.#users);
  }

  /** An id that no other event has. */
  freshId(): string {
    this.#made += 1;
    return `event-${this.#made}`;
  }

  interaction(userId: string): Interaction {
    const { random } = this;
    const word = (): string | null => (random.below(3) === 0 ? unicode(random, random.below(20)) : null);
    return {
      eventId: this.freshId(),
      userId,
      itemId: `item-${random.below(ITEMS)}`,
      kind: this.pick(['view', 'play', 'dislike', 'rating']),
      value: random.below(2) === 0 ? null : random.normal(),
      occurredAt: this.now - random.below(1e9),
      listId: word(),
      context:
        random.below(4) === 0
          ? { device: word(), page: word(), market: word(), maturityLimit: random.below(2) === 0 ? null : 12 }
          : null,
    };
  }

  profile(userId: string): ProfileEvent {
    const { random } = this;
    const mode = this.pick(PROFILE_MODES);
    const isSetting = mode === 'merge' || mode === 'replace';
    const occurredAt = this.now - random.below(1e9);
    const names = Array.from({ length: random.below(6) }, () => `genre/${random.below(40)}`);
    return {
      eventId: this.freshId(),
      userId,
      mode,
      gains: isSetting ? Object.fromEntries(names.map((name) => [name, 2 * random.random() - 1])) : {},
      // Some have ended long ago by the time that they are read: the service ends those by events of its own.
      expiresAt: isSetting && random.below(20) === 0 ? occurredAt + 1 : null,
      preset: isSetting && random.below(5) === 0 ? unicode(random, random.below(30)) : null,
      expectedVersion: random.below(10) === 0 ? random.below(50) : null,
      occurredAt,
    };
  }

  event(side: Side, userId: string): Event {
    return side === 'interactions' ? this.interaction(userId) : this.profile(userId);
  }

  /** A record of an event, at its place. */
  record(side: Side, kind: string, event: object & { userId: string }, expected: Expected): Fuzzed {
    const key = Buffer.from(event.userId);
    const value = encode(side === 'interactions' ? 'interaction' : 'profile-event', event);
    const timestamp = String(this.now - this.random.below(10_000));
    return { side, kind, key, value, partition: placeOf(key), timestamp, expected };
  }

  /** One that must lead to a list. */
  accepted(side: Side, kind: string, event: Event): Fuzzed {
    const ids = this.#idsOf(side, event.userId);
    ids.push(event.eventId);
    return this.record(side, kind, event, LIST);
  }

  /** An event whose id came before: lately, or so long ago that it counts again. */
  repeated(side: Side): Fuzzed {
    const event = this.event(side, this.user());
    const ids = this.#idsOf(side, event.userId);
    const margin = side === 'profiles' ? MARGIN : 0;
    const back = 1 + this.random.below(ids.length);
    const eventId = ids[ids.length - back];
    const isUncertain = back > REMEMBERED - margin && back <= REMEMBERED + margin && margin > 0;
    // An id may be there twice: the newer one is what counts.
    if (eventId === undefined || isUncertain || ids.lastIndexOf(eventId) !== ids.length - back) {
      return this.accepted(side, 'valid', event);
    }
    const again = { ...event, eventId };
    if (back > REMEMBERED) return this.accepted(side, 'repeated long after', again);
    return this.record(side, 'repeated soon', again, UNCHANGED);
  }

  #idsOf(side: Side, user: string): string[] {
    const key = `${side} ${user}`;
    const ids = this.#accepted.get(key) ?? [];
    this.#accepted.set(key, ids);
    return ids;
  }
}
