/** What every CheckpointStore keeps. Apply it to an adapter with one line (see checkpoint-stores.test.ts). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CheckpointFiles, type CheckpointStore, PublicationRefused } from '../../src/ports/checkpoint-store.js';
import { Unavailable } from '../../src/ports/errors.js';

export interface CheckpointPlace {
  /** A new handle of the same, at first empty, place. */
  open(): CheckpointStore;
  /** It cannot be read while `work` is done. */
  whileAway(work: () => Promise<void>): Promise<void>;
  remove(): Promise<void>;
}

const files = (text: string): CheckpointFiles => new Map([['manifest.json', Buffer.from(text)]]);

export function checkpointStoreContract(name: string, makePlace: () => Promise<CheckpointPlace>): void {
  describe(`${name} as a CheckpointStore`, () => {
    let place: CheckpointPlace;
    let store: CheckpointStore;

    beforeEach(async () => {
      place = await makePlace();
      store = place.open();
    });
    afterEach(async () => {
      await place.remove();
    });

    it('is empty before the first publication', async () => {
      expect(await store.list()).toEqual([]);
      expect(await store.newest()).toEqual([]);
      await expect(store.read(1)).rejects.toThrow('no checkpoint 1');
    });

    it('gives back the very bytes, through any handle', async () => {
      const bytes = Buffer.from([0, 255, 13, 10, 0xc3, 1]);
      const sequence = await store.publish(
        new Map([
          ['weights.safetensors', bytes],
          ['empty.txt', Buffer.alloc(0)],
        ]),
      );
      const read = await place.open().read(sequence);
      expect([...read.keys()].sort()).toEqual(['empty.txt', 'weights.safetensors']);
      expect(read.get('weights.safetensors')).toEqual(bytes);
      expect(read.get('empty.txt')).toHaveLength(0);
    });

    it('numbers publications from 1, and the greatest is for everybody', async () => {
      expect(await store.publish(files('a'))).toBe(1);
      expect(await place.open().publish(files('b'))).toBe(2);
      expect(await store.list()).toEqual([1, 2]);
      expect(await store.newest()).toEqual([{ sequence: 2, share: 100 }]);
      expect((await store.read(1)).get('manifest.json')?.toString()).toBe('a');
    });

    it('never gives one number to two publishers', async () => {
      const texts = Array.from({ length: 8 }, (_, index) => `checkpoint ${index}`);
      const numbers = await Promise.all(texts.map((text) => place.open().publish(files(text))));
      expect([...numbers].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      for (const [index, sequence] of numbers.entries())
        expect((await store.read(sequence)).get('manifest.json')?.toString()).toBe(texts[index]);
    });

    it.each(['../escape', 'a/b', '..', '.hidden', '', 'a\\b', 'x'.repeat(200), 'nul\0'])(
      'refuses the file name %j, and publishes nothing',
      async (bad) => {
        const refused = new Map([...files('a'), [bad, Buffer.from('b')] as const]);
        await expect(store.publish(refused)).rejects.toThrow('cannot be a file of a checkpoint');
        expect(await store.list()).toEqual([]);
      },
    );

    it('tells candidates, from the newest down to what is for everybody', async () => {
      for (const share of [undefined, 5, 20])
        await store.publish(files(`for ${share}`), share === undefined ? {} : { share });
      expect(await place.open().newest()).toEqual([
        { sequence: 3, share: 20 },
        { sequence: 2, share: 5 },
        { sequence: 1, share: 100 },
      ]);
      expect([...(await store.read(3)).keys()]).toEqual(['manifest.json']);
      await store.publish(files('promoted'));
      expect(await store.newest()).toEqual([{ sequence: 4, share: 100 }]);
      const unusable = await store.newest(new Set([3, 4]));
      expect(unusable.map(({ sequence }) => sequence)).toEqual([4, 3, 2, 1]);
    });

    it.each([0, 101, 2.5, Number.NaN])('refuses the share %j', async (share) => {
      await expect(store.publish(files('a'), { share })).rejects.toThrow('from 1 to 100');
      expect(await store.list()).toEqual([]);
    });

    it('publishes after what its publisher has seen, or not at all', async () => {
      expect(await store.publish(files('a'), { after: 0 })).toBe(1);
      await expect(store.publish(files('b'), { after: 0 })).rejects.toThrow(PublicationRefused);
      expect(await store.list()).toEqual([1]);
      const outcomes = await Promise.allSettled([1, 2, 3].map(() => place.open().publish(files('c'), { after: 1 })));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await store.list()).toEqual([1, 2]);
    });

    it('reads those of some names alone', async () => {
      await store.publish(new Map([...files('a'), ['weights', Buffer.from('b')] as const]));
      expect([...(await store.read(1, ['manifest.json', 'other'])).keys()]).toEqual(['manifest.json']);
    });

    it('is unavailable while it cannot be read, which says nothing of what it holds', async () => {
      await store.publish(files('a'), { share: 5 });
      const [fresh, seen] = [place.open(), store];
      await place.whileAway(async () => {
        for (const one of [seen, fresh])
          for (const work of [() => one.list(), () => one.newest(), () => one.read(1)])
            await expect(work()).rejects.toThrow(Unavailable);
        await expect(fresh.shareOf(1)).rejects.toThrow(Unavailable);
      });
      expect(await fresh.shareOf(1)).toBe(5);
      expect(await seen.read(1)).toEqual(files('a'));
    });

    it('has no checkpoint of another number, as far as can be told now', async () => {
      await store.publish(files('a'));
      await expect(store.read(2)).rejects.toThrow(Unavailable);
      await expect(store.shareOf(2)).rejects.toThrow(Unavailable);
    });

    it('refuses a checkpoint without files', async () => {
      await expect(store.publish(new Map())).rejects.toThrow('no files');
      expect(await store.list()).toEqual([]);
    });
  });
}
