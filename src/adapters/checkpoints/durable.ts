/** Writing so that a power cut leaves either the whole or nothing. */
import { type FileHandle, open } from 'node:fs/promises';

/** Writes a new file and waits until the disk has it. @throws when the file exists already. */
export async function writeDurably(path: string, content: Buffer): Promise<void> {
  await withHandle(path, 'wx', async (file) => {
    await file.writeFile(content);
    await file.sync();
  });
}

/** Waits until the disk has the folder's entries. Windows cannot, and needs not. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  await withHandle(path, 'r', (folder) => folder.sync());
}

async function withHandle(path: string, flags: string, use: (handle: FileHandle) => Promise<void>): Promise<void> {
  const handle = await open(path, flags);
  try {
    await use(handle);
  } finally {
    await handle.close();
  }
}
