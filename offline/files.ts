/** Files that are there whole or not at all. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Writes `file` through a temporary sibling, fsync and rename, making its folder if needed. */
export async function writeFileAtomic(file: string, content: string | Uint8Array): Promise<void> {
  const folder = dirname(file);
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${basename(file)}.${process.pid}.tmp`);
  try {
    const handle = await open(temporary, 'w');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Bytes read at once: a file may be larger than one read of the system can be. */
const PIECE = 1 << 26;

/** A whole file, of any size, in a buffer of its own; and its SHA-256 (hex). */
export async function readHashed(file: string): Promise<{ readonly buffer: ArrayBuffer; readonly hash: string }> {
  await using handle = await open(file);
  const { size } = await handle.stat();
  const buffer = new ArrayBuffer(size);
  const hash = createHash('sha256');
  for (let at = 0; at < size; ) {
    const piece = new Uint8Array(buffer, at, Math.min(PIECE, size - at));
    const { bytesRead } = await handle.read(piece, 0, piece.length, at);
    if (bytesRead === 0) throw new Error(`${file} became shorter while it was read`);
    hash.update(piece.subarray(0, bytesRead));
    at += bytesRead;
  }
  return { buffer, hash: hash.digest('hex') };
}

/** SHA-256 (hex) of a file of any size. */
export async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
  return hash.digest('hex');
}
