/** A seeded stream of everything that users and bad producers send, and of changes of the catalogue. */
import type { CatalogueItem, Interaction, ProfileEvent } from '../../../src/events/events.js';
import { partitionOf } from '../../../src/events/murmur2.js';
import type { Random } from '../../../offline/random.js';
import { encode } from './bytes.js';
import { ATTRIBUTES, ITEMS, PARTITIONS, USERS, type World } from './world.js';

export interface Sent {
  readonly topic: string;
  /** Not given: where the producer's partitioner places the key. */
  readonly partition?: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Ms. */
  readonly timestamp: number;
}

const GAINS = [-1, -0.5, 0, 0.5, 1];
const KINDS = ['view', 'view', 'view', 'play', 'dislike', 'impression'];
const MARKETS = [null, null, 'de', 'jp'];
/** Repeated event ids: mostly recent ones, some so old that they count again. */
const REMEMBERED = 60;

export class Inputs {
  #made = 0;
  readonly #sent = new Map<string, string[]>();

  constructor(
    private readonly random: Random,
    private readonly world: World,
  ) {}

  /** Some records of one user, good ones and bad ones. */
  burst(now: number): readonly Sent[] {
    const user = this.#pick(USERS);
    return Array.from({ length: 1 + this.random.below(4) }, () => {
      const good = this.random.random() < 0.25 ? this.#profile(user, now) : this.#interaction(user, now);
      return this.random.random() < 0.06 ? this.#damaged(good) : good;
    });
  }

  /** A change of the catalogue: mostly an item that is new or different, sometimes none at all. */
  catalogueChange(now: number): Sent {
    const { random } = this;
    const itemId = `i${random.below(ITEMS + 5)}`;
    const place = { topic: this.world.topics.catalogue, key: Buffer.from(itemId), timestamp: now };
    const lot = random.random();
    if (lot < 0.2) return { ...place, value: null };
    if (lot < 0.25) return { ...place, value: Buffer.from('no item') };
    return { ...place, value: encode('catalogue-item', this.#item(itemId)) };
  }

  /** Every item once. */
  catalogue(now: number): readonly Sent[] {
    return Array.from({ length: ITEMS + 3 }, (_, index) => {
      const key = Buffer.from(`i${index}`);
      const value = encode('catalogue-item', this.#item(`i${index}`));
      return { topic: this.world.topics.catalogue, key, value, timestamp: now };
    });
  }

  #item(itemId: string): CatalogueItem {
    const market = this.#pick(MARKETS);
    return {
      itemId,
      title: `Item ${itemId}`,
      attributes: [],
      markets: market === null ? null : [market],
      minimumAge: this.random.random() < 0.1 ? 16 : null,
      addedAt: null,
    };
  }

  #interaction(user: string, now: number): Sent {
    const { random } = this;
    const market = this.#pick(MARKETS);
    const event: Interaction = {
      eventId: this.#eventId(`interactions ${user}`),
      userId: user,
      itemId: `i${random.below(ITEMS + 5)}`,
      kind: this.#pick(KINDS),
      value: null,
      occurredAt: now,
      listId: null,
      context:
        random.random() < 0.3
          ? { device: null, page: null, market, maturityLimit: random.random() < 0.3 ? 12 : null }
          : null,
    };
    return this.#placed(this.world.topics.interactions, user, encode('interaction', event), now);
  }

  #profile(user: string, now: number): Sent {
    const { random } = this;
    const eventId = this.#eventId(`profiles ${user}`);
    const lot = random.random();
    const mode =
      lot < 0.5
        ? 'merge'
        : lot < 0.75
          ? 'replace'
          : this.#pick(['reset', 'off', 'expire', 'erase', 'refresh'] as const);
    const names = ATTRIBUTES.filter(() => random.random() < 0.5);
    const isSetting = mode === 'merge' || mode === 'replace';
    const event: ProfileEvent = {
      eventId,
      userId: user,
      mode,
      gains: isSetting ? Object.fromEntries(names.map((name) => [name, this.#pick(GAINS)])) : {},
      expiresAt: isSetting && random.random() < 0.3 ? now + random.below(3000) : null,
      preset: isSetting && random.random() < 0.3 ? 'rainy sunday' : null,
      // About half of these are right.
      expectedVersion: random.random() < 0.1 ? random.below(6) : null,
      occurredAt: now - random.below(2000) + 500,
    };
    return this.#placed(this.world.topics.profiles, user, encode('profile-event', event), now);
  }

  /** The log's time of a record is its producer's: some clocks are wrong. */
  #placed(topic: string, user: string, value: Buffer, now: number): Sent {
    const lot = this.random.random();
    const timestamp = lot < 0.05 ? now - this.random.below(5000) : lot < 0.07 ? now + this.random.below(2000) : now;
    return { topic, key: Buffer.from(user), value, timestamp };
  }

  #eventId(sender: string): string {
    const sent = this.#sent.get(sender) ?? [];
    this.#sent.set(sender, sent);
    const old = this.random.random() < 0.08 ? sent[sent.length - 1 - this.random.below(sent.length)] : undefined;
    this.#made += 1;
    const eventId = old ?? `event-${this.#made}`;
    sent.push(eventId);
    if (sent.length > REMEMBERED) sent.shift();
    return eventId;
  }

  /** Makes a record bad, in one of many ways. */
  #damaged(good: Sent): Sent {
    const { random } = this;
    const value = good.value ?? Buffer.alloc(0);
    const isProfile = good.topic === this.world.topics.profiles;
    const elsewhere = (partitionOf(good.key ?? value, PARTITIONS) + 1 + random.below(PARTITIONS - 1)) % PARTITIONS;
    const ways: readonly Sent[] = [
      { ...good, value: Buffer.from('not avro') },
      { ...good, value: Buffer.alloc(0) },
      { ...good, value: null },
      { ...good, key: null, partition: random.below(PARTITIONS) },
      { ...good, partition: elsewhere },
      { ...good, key: Buffer.from('somebody else') },
      { ...good, value: value.subarray(0, value.length - 1) },
      { ...good, value: Buffer.concat([value, Buffer.from([0])]) },
      { ...good, value: Buffer.concat([value.subarray(0, 2), Buffer.alloc(8, 7), value.subarray(10)]) },
      { ...good, value: Buffer.alloc(2001 + random.below(300_000), 1) },
      { ...good, value: this.#breaking(good.key?.toString() ?? '', isProfile) },
    ];
    return this.#pick(ways);
  }

  /** Sound Avro whose value breaks the contract. */
  #breaking(userId: string, isProfile: boolean): Buffer {
    if (!isProfile) {
      const event = { eventId: '', userId, itemId: 'i1', kind: 'view', value: null, occurredAt: 1 };
      return encode('interaction', { ...event, listId: null, context: null });
    }
    const event = { eventId: 'loud', userId, mode: 'merge', gains: { 'genre/Even': 2 }, occurredAt: 1 };
    return encode('profile-event', { ...event, expiresAt: null, preset: null, expectedVersion: null });
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.random.below(from.length)]!;
  }
}
