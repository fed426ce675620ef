import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../test/builders/folder.js';
import { writeFileAtomic } from './files.js';

describe('writeFileAtomic', () => {
  it('writes into folders that it makes, and replaces', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'a/b/result.json');
    await writeFileAtomic(file, 'old');
    await writeFileAtomic(file, Buffer.from('new'));
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(readdirSync(join(folder, 'a/b'))).toEqual(['result.json']);
  });

  it('leaves nothing behind when it fails', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'taken'));
    await expect(writeFileAtomic(join(folder, 'taken'), 'x')).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(['taken']);
  });
});
