import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../test/builders/folder.js';
import {
  announcement,
  fetchLibraries,
  isComplete,
  librariesFolder,
  TENSORFLOW_VERSION,
} from './tensorflow-libraries.js';

describe('the TensorFlow libraries', () => {
  let cache: string;
  beforeEach(() => {
    cache = temporaryFolder();
    vi.stubEnv('XDG_CACHE_HOME', cache);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('lie in the user’s cache, one folder for each flavour and version', () => {
    expect(librariesFolder('cpu')).toBe(join(cache, 'steerstream', `tensorflow-${TENSORFLOW_VERSION}-cpu`));
    expect(librariesFolder('gpu')).not.toBe(librariesFolder('cpu'));
  });

  it('are complete when the last file says so, and are then not fetched again', async () => {
    expect(isComplete('cpu')).toBe(false);
    mkdirSync(librariesFolder('cpu'), { recursive: true });
    expect(isComplete('cpu')).toBe(false);
    writeFileSync(join(librariesFolder('cpu'), 'complete.json'), '{}');
    expect(isComplete('cpu')).toBe(true);
    const lines: string[] = [];
    await fetchLibraries('cpu', (line) => lines.push(line));
    expect(lines).toEqual([`TensorFlow ${TENSORFLOW_VERSION} (cpu) is already unpacked`]);
  });

  it('are announced before they are downloaded: what, how much, where to', () => {
    expect(announcement('cpu')).toBe(
      `downloads tensorflow-cpu==${TENSORFLOW_VERSION} with pip, about 274 MB, into ${librariesFolder('cpu')}`,
    );
    expect(announcement('gpu')).toContain('and the CUDA packages that it names');
  });
});
