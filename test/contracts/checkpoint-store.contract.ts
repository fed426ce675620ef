/** What every CheckpointStore keeps. Apply it to an adapter with one line (see checkpoint-stores.test.ts). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CheckpointFiles, CheckpointStore } from '../../src/ports/checkpoint-store.js';

export interface CheckpointPlace {
  /** A new handle of the same, at first empty, place. */
  open(): CheckpointStore;
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
      expect(await store.current()).toBeUndefined();
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

    it('numbers publications from 1, and the greatest is current', async () => {
      expect(await store.publish(files('a'))).toBe(1);
      expect(await place.open().publish(files('b'))).toBe(2);
      expect(await store.list()).toEqual([1, 2]);
      expect(await store.current()).toBe(2);
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

    it('refuses a checkpoint without files', async () => {
      await expect(store.publish(new Map())).rejects.toThrow('no files');
      expect(await store.list()).toEqual([]);
    });
  });
}
