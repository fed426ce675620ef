import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { spawnSync } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../../test/builders/folder.js';
import { makeTopics, TEST_SETTINGS } from '../../../test/builders/stream.js';
import { OwnershipLost } from '../../ports/errors.js';
import type { Membership } from '../../ports/log.js';
import { SqliteLog } from './sqlite-log.js';

/** A member of the group, and the promises of its next assignment and revocation. */
async function member(folder: string, sessionMs = 60_000) {
  const log = SqliteLog.open(folder, { durability: 'process', lease: { heartbeatMs: 5, sessionMs } });
  onTestFinished(() => log.close());
  await makeTopics(log, 2);
  let assigned = Promise.withResolvers<number>();
  let revoked = Promise.withResolvers<number>();
  const membership: Membership = await log.join('group', TEST_SETTINGS.topics, {
    assigned: (tasks) => {
      assigned.resolve(tasks.length);
      revoked = Promise.withResolvers();
    },
    revoked: async (tasks) => {
      revoked.resolve(tasks.length);
      assigned = Promise.withResolvers();
    },
    paused: async () => undefined,
    resumed: () => undefined,
  });
  return { membership, assigned: () => assigned.promise, revoked: () => revoked.promise };
}

/** Writes the lease as another member would. */
function steal(folder: string, lease: { pid: number; beat: number; host?: string }): void {
  const sqlite = new DatabaseSync(join(folder, 'log.sqlite'), { timeout: 5000 });
  sqlite
    .prepare('INSERT OR REPLACE INTO leases (member_group, member, host, pid, beat) VALUES (?, ?, ?, ?, ?)')
    .run('group', 'thief', lease.host ?? hostname(), lease.pid, lease.beat);
  sqlite.close();
}

const FAR = Date.now() + 1e9;

describe('a lease', () => {
  it('passes on at once when its holder has died', async () => {
    const folder = temporaryFolder();
    await member(folder).then(({ membership }) => membership.leave());
    const { pid } = spawnSync(process.execPath, ['-e', '0']);
    steal(folder, { pid, beat: FAR });
    expect(await (await member(folder)).assigned()).toBe(2);
  });

  it('passes on when its holder is silent for longer than the session', async () => {
    const folder = temporaryFolder();
    await member(folder).then(({ membership }) => membership.leave());
    steal(folder, { pid: process.pid, beat: Date.now() - 2000 });
    expect(await (await member(folder, 1000)).assigned()).toBe(2);
  });

  it('does not trust process numbers of another host', async () => {
    const folder = temporaryFolder();
    await member(folder).then(({ membership }) => membership.leave());
    const { pid } = spawnSync(process.execPath, ['-e', '0']);
    steal(folder, { pid, beat: FAR, host: 'elsewhere' });
    const { membership, assigned } = await member(folder);
    const first = await Promise.race([assigned(), membership.heartbeat(), afterBeats(folder)]);
    expect(first).toBe('still standing by');
  });

  it('that was lost is given up; heartbeats wait until it is held again', async () => {
    const folder = temporaryFolder();
    const { membership, assigned, revoked } = await member(folder);
    await assigned();
    await membership.heartbeat();
    steal(folder, { pid: process.pid, beat: FAR });
    expect(await revoked()).toBe(2);
    const heartbeat = membership.heartbeat().then(() => 'held');
    expect(await Promise.race([heartbeat, afterBeats(folder)])).toBe('still standing by');
    steal(folder, { pid: process.pid, beat: 0 });
    expect(await heartbeat).toBe('held');
    expect(await assigned()).toBe(2);
  });

  it('is released by leaving; a heartbeat after that is refused', async () => {
    const folder = temporaryFolder();
    const first = await member(folder);
    await first.assigned();
    const second = await member(folder);
    await first.membership.leave();
    await expect(first.membership.heartbeat()).rejects.toThrow(OwnershipLost);
    expect(await second.assigned()).toBe(2);
  });
});

/** Resolves after a third member, that came later, has looked at the lease many times in vain. */
async function afterBeats(folder: string): Promise<string> {
  const later = await member(folder);
  for (let beat = 0; beat < 5; beat += 1) {
    await Promise.race([later.membership.heartbeat(), new Promise((resolve) => setImmediate(resolve))]);
  }
  await later.membership.leave();
  return 'still standing by';
}
