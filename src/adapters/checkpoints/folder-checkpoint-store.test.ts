import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Unavailable } from '../../ports/errors.js';
import { FolderCheckpointStore } from './folder-checkpoint-store.js';

const files = (size = 1) => new Map([['manifest.json', Buffer.alloc(size)]]);

/** As somebody who may not read everything, as root may. */
async function asNobody(work: () => Promise<void>): Promise<void> {
  const user = process.geteuid?.();
  if (user !== 0) return work();
  process.seteuid?.(65_534);
  try {
    await work();
  } finally {
    process.seteuid?.(user);
  }
}

describe('FolderCheckpointStore', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'steerstream-store-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('ignores and removes what a crashed publication left, and leaves one at work alone', async () => {
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    const host = Buffer.from(os.hostname()).toString('hex').slice(0, 64);
    const id = '00000000-0000-4000-8000-000000000000';
    const names = [`.publishing-${host}-${gone}-${id}`, `.publishing-ff-1-${id}`, `.publishing-fe-1-${id}`];
    for (const name of [...names, `.publishing-${host}-${process.pid}-${id}`])
      await mkdir(path.join(folder, name), { recursive: true });
    await utimes(path.join(folder, names[1] ?? ''), 0, 0);

    const store = new FolderCheckpointStore(folder);
    expect(await store.list()).toEqual([]);
    expect(await store.publish(files())).toBe(1);
    expect((await readdir(folder)).sort()).toEqual(
      [names[2], `.publishing-${host}-${process.pid}-${id}`, '000001'].sort(),
    );
  });

  it('leaves nothing behind when a publication fails', async () => {
    const store = new FolderCheckpointStore(folder, { files: 1, bytes: 10 });
    await expect(store.publish(files(11))).rejects.toThrow('11 bytes; at most 10');
    const two = new Map([...files(), ['b', Buffer.alloc(1)] as const]);
    await expect(store.publish(two)).rejects.toThrow('2 files; at most 1');
    expect(await readdir(folder)).toEqual([]);
  });

  it('checks sizes before it reads, and reads plain files only', async () => {
    const store = new FolderCheckpointStore(folder);
    await store.publish(files(11));
    await expect(new FolderCheckpointStore(folder, { files: 9, bytes: 10 }).read(1)).rejects.toThrow('11 bytes');
    await symlink('/etc/hostname', path.join(folder, '000001', 'link'));
    await expect(store.read(1)).rejects.toThrow('not a plain file');
  });

  it('is unavailable while one of its files cannot be read, and not where one is what it should not be', async () => {
    const store = new FolderCheckpointStore(folder);
    await store.publish(new Map([...files(), ['weights', Buffer.alloc(1)] as const]), { share: 5 });
    await chmod(folder, 0o755);
    for (const name of ['weights', '.publication.json']) {
      const file = path.join(folder, '000001', name);
      await chmod(file, 0);
      await asNobody(async () => {
        const work = name === 'weights' ? store.read(1) : store.shareOf(1);
        await expect(work).rejects.toThrow(Unavailable);
        await expect(work).rejects.toThrow(/^cannot read .*000001: EACCES/);
      });
      await chmod(file, 0o644);
    }
    expect([(await store.read(1)).size, await store.shareOf(1)]).toEqual([2, 5]);
    await writeFile(path.join(folder, '000001', '.publication.json'), '{"share":0}');
    await expect(store.shareOf(1)).rejects.not.toThrow(Unavailable);
  });

  it('sees only its own numbered folders', async () => {
    for (const name of ['000000', '1', '0000002', 'notes', '000003']) await mkdir(path.join(folder, name));
    await writeFile(path.join(folder, '000009'), 'a file');
    const store = new FolderCheckpointStore(folder);
    expect(await store.list()).toEqual([3]);
    await expect(store.read(3)).rejects.toThrow('no files');
    await expect(store.read(-1)).rejects.toThrow('no checkpoint -1');
  });
});
