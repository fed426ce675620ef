/**
 * The hidden folder in which a publication is prepared, named after the process that prepares it, so that what a
 * crashed one left behind can be told from one that is still at work.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

const NAME = /^\.publishing-([0-9a-f]+)-(\d+)-[0-9a-f-]{36}$/;
/** Age, ms, beyond which a workspace of another machine counts as left behind. */
const ABANDONED_AFTER = 24 * 3600 * 1000;

const host = Buffer.from(os.hostname()).toString('hex').slice(0, 64) || '0';

/** Makes an empty workspace in `folder`; its path. */
export async function makeWorkspace(folder: string): Promise<string> {
  const workspace = path.join(folder, `.publishing-${host}-${process.pid}-${randomUUID()}`);
  await mkdir(workspace);
  return workspace;
}

/** Removes the workspaces of publications that will never finish. */
export async function sweepWorkspaces(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const match = NAME.exec(name);
    if (match === null) continue;
    const workspace = path.join(folder, name);
    const left = match[1] === host ? !isRunning(Number(match[2])) : await isOld(workspace);
    if (left) await rm(workspace, { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not ours to signal, but there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function isOld(workspace: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(workspace)).mtimeMs > ABANDONED_AFTER;
  } catch {
    // Finished, or swept by another, in the meantime.
    return false;
  }
}
