import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryFolder } from '../builders/folder.js';
import { cached } from './cache.js';

const run = promisify(execFile);
const SOURCE = path.join(import.meta.dirname, 'cache.ts');

/** A process that fills `thing` with a file of its own id, then does the rest of the script. */
const maker = (rest: string): string[] => [
  '--input-type=module',
  '--eval',
  `import { cached } from ${JSON.stringify(SOURCE)};
   import { writeFileSync } from 'node:fs';
   await cached('thing', async (folder) => { writeFileSync(folder + '/' + process.pid, ''); ${rest} });`,
];

describe('the cache', () => {
  let folder: string;
  beforeEach(() => {
    const root = temporaryFolder();
    vi.stubEnv('XDG_CACHE_HOME', root);
    onTestFinished(() => void vi.unstubAllEnvs());
    folder = path.join(root, 'steerstream', 'thing');
  });

  it('has a folder made once, however many processes ask for it at the same time', async () => {
    const slow = maker('await new Promise((resolve) => setTimeout(resolve, 50));');
    await Promise.all([1, 2, 3].map(() => run(process.execPath, slow)));
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('never shows a folder that was not finished', async () => {
    const failing = cached('thing', async (partial) => {
      writeFileSync(path.join(partial, 'half'), '');
      expect(existsSync(folder)).toBe(false);
      throw new Error('the connection broke');
    });
    await expect(failing).rejects.toThrow('the connection broke');
    expect(existsSync(folder)).toBe(false);
    await cached('thing', async (partial) => writeFileSync(path.join(partial, 'whole'), ''));
    expect(readdirSync(folder)).toEqual(['whole']);
  });

  it('is not blocked by a process that died while it filled a folder', async () => {
    const stuck = spawn(
      process.execPath,
      maker('console.log("half"); setInterval(() => {}, 1000); await new Promise(() => {});'),
    );
    onTestFinished(() => void stuck.kill('SIGKILL'));
    await once(stuck.stdout, 'data');
    stuck.kill('SIGKILL');
    await once(stuck, 'exit');
    await cached('thing', async (partial) => writeFileSync(path.join(partial, 'whole'), ''));
    expect(readdirSync(folder)).toEqual(['whole']);
  });
});
