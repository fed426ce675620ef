/** What surrounds a service: a folder with an embedded log, a catalogue, published checkpoints, and a reader of lists. */
import path from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { FolderCheckpointStore } from '../../src/adapters/checkpoints/folder-checkpoint-store.js';
import { SqliteLog } from '../../src/adapters/embedded/sqlite-log.js';
import { createCodec } from '../../src/events/codec.js';
import type { CatalogueItem, Interaction, ProfileEvent, RecommendationList } from '../../src/events/events.js';
import { TINY_ATTRIBUTES, TINY_ITEMS } from '../builders/checkpoint.js';
import { catalogueItem } from '../builders/events.js';
import { temporaryFolder } from '../builders/folder.js';

const codecs = {
  interaction: createCodec('interaction'),
  profileEvent: createCodec('profile-event'),
  item: createCodec('catalogue-item'),
  list: createCodec('recommendation-list'),
};
const PARTITIONS = 2;

export class World {
  readonly dir = temporaryFolder();
  readonly log = SqliteLog.open(this.dir);
  readonly checkpoints = new FolderCheckpointStore(path.join(this.dir, 'checkpoints'));

  /** A log with its topics and a catalogue of the tiny checkpoint's items. */
  static async create(): Promise<World> {
    const world = new World();
    onTestFinished(() => world.log.close());
    for (const topic of ['interactions', 'profiles', 'catalogue', 'recommendations', 'dead-letters'])
      await world.log.ensureTopic(topic, PARTITIONS);
    const items = TINY_ITEMS.map((itemId) =>
      catalogueItem({ itemId, title: itemId, attributes: [TINY_ATTRIBUTES[0]] }),
    );
    await world.put(...items);
    return world;
  }

  /** Puts items into the catalogue. */
  async put(...items: CatalogueItem[]): Promise<void> {
    await this.log.append(
      items.map((item) => ({ topic: 'catalogue', key: Buffer.from(item.itemId), value: codecs.item.encode(item) })),
    );
  }

  async interact(...interactions: Interaction[]): Promise<void> {
    await this.log.append(
      interactions.map((event) => ({
        topic: 'interactions',
        key: Buffer.from(event.userId),
        value: codecs.interaction.encode(event),
      })),
    );
  }

  async steer(event: ProfileEvent): Promise<void> {
    const value = codecs.profileEvent.encode(event);
    await this.log.append([{ topic: 'profiles', key: Buffer.from(event.userId), value }]);
  }

  /** Every list on the log so far. */
  async lists(): Promise<RecommendationList[]> {
    const lists: RecommendationList[] = [];
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      const { records } = await this.log.read('recommendations', partition, 0, 10_000);
      for (const { value } of records) {
        const decoded = codecs.list.decode(value ?? Buffer.alloc(0));
        if (!decoded.ok) throw new Error(decoded.message);
        lists.push(decoded.value);
      }
    }
    return lists;
  }

  /** The lists, once there are `count` of them. */
  async awaitLists(count: number): Promise<RecommendationList[]> {
    await expect.poll(async () => (await this.lists()).length, { timeout: 20_000, interval: 25 }).toBe(count);
    return this.lists();
  }
}

/** Waits until the service says that it makes lists. */
export async function untilReady(url: string): Promise<void> {
  const ready = async () => (await fetch(`${url}/health/ready`)).text();
  await expect.poll(ready, { timeout: 20_000, interval: 25 }).toBe('{"status":"ready"}');
}
