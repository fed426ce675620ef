import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/builders/folder.js';
import { UserError } from '../../src/terminal/user-error.js';
import type { SequencesSource } from './sequences.js';
import { loadSplit, type Split, type UserSequences } from './split.js';
import { writeSplit } from './write-split.js';

function sequences(...users: readonly string[]): UserSequences {
  return {
    users,
    offsets: Int32Array.from({ length: users.length + 1 }, (_, u) => u * 3),
    items: Int32Array.from({ length: users.length * 3 }, (_, n) => n % 2),
    times: Float64Array.from({ length: users.length * 3 }, (_, n) => 1e12 + n),
  };
}

const split: Split = {
  kind: 'paper',
  seed: 42,
  snapshot: { interactions: [[0, 9]], catalogue: [[2, 4]] },
  items: ['a', 'ü'],
  titles: ['A', 'Ü'],
  attributeNames: ['genre/Drama', 'genre/Sci-Fi'],
  attributeItems: [Int32Array.of(0, 1), Int32Array.of(1)],
  train: sequences('x', 'y'),
  validation: sequences('v'),
  sae: sequences('s1', 's2', 's3'),
  test: sequences('t'),
};

/** User by user, as a query gives rows in chunks. */
function source({ users, offsets, items, times }: UserSequences): SequencesSource {
  return {
    users,
    offsets,
    async *rows() {
      for (const [u] of users.entries()) {
        await Promise.resolve();
        yield { items: items.subarray(offsets[u], offsets[u + 1]), times: times.subarray(offsets[u], offsets[u + 1]) };
      }
    },
  };
}

async function saveSplit(folder: string, { train, validation, sae, test, ...head }: Split): Promise<void> {
  const parts = { train: source(train), validation: source(validation), sae: source(sae), test: source(test) };
  await writeSplit(folder, head, parts);
}

describe('a split on disk', () => {
  it('comes back as it was', async () => {
    const folder = temporaryFolder();
    await saveSplit(folder, split);
    expect(await loadSplit(folder)).toEqual(split);
  });

  it('is the same bytes for the same split', async () => {
    const [one, two] = [temporaryFolder(), temporaryFolder()];
    await saveSplit(one, split);
    await saveSplit(two, { ...split, snapshot: { catalogue: [[2, 4]], interactions: [[0, 9]] } });
    for (const name of ['split.json', 'columns.bin']) {
      expect(readFileSync(join(one, name)).equals(readFileSync(join(two, name)))).toBe(true);
    }
  });

  it('says when it is missing or its files do not belong together', async () => {
    const folder = temporaryFolder();
    await expect(loadSplit(folder)).rejects.toThrow(/run the dataset command first/);
    await saveSplit(folder, split);
    appendFileSync(join(folder, 'columns.bin'), 'x');
    await expect(loadSplit(folder)).rejects.toThrow(UserError);
  });
});
