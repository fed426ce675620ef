/** What a checkpoint may be: a few flat files of bounded size. */
import type { CheckpointFiles } from '../../ports/checkpoint-store.js';

export interface Bounds {
  readonly files: number;
  /** Of all files together. */
  readonly bytes: number;
}

export const DEFAULT_BOUNDS: Bounds = { files: 64, bytes: 2 * 1024 ** 3 };

const FILE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

/** @throws Error unless `name` is a plain file name: no folder, nothing hidden, nothing that leads elsewhere. */
function checkName(name: string): void {
  if (FILE_NAME.test(name)) return;
  throw new Error(
    `"${name}" cannot be a file of a checkpoint: use letters, digits, ".", "_" and "-", without folders, at most 128`,
  );
}

/** @throws Error when these files, by name and size, are not a checkpoint. */
export function checkSizes(where: string, sizes: ReadonlyMap<string, number>, bounds: Bounds): void {
  if (sizes.size === 0) throw new Error(`${where} has no files`);
  if (sizes.size > bounds.files)
    throw new Error(`${where} has ${sizes.size} files; at most ${bounds.files} are allowed`);
  for (const name of sizes.keys()) checkName(name);
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  if (bytes > bounds.bytes) throw new Error(`${where} has ${bytes} bytes; at most ${bounds.bytes} are allowed`);
}

export function sizesOf(files: CheckpointFiles): ReadonlyMap<string, number> {
  return new Map([...files].map(([name, content]) => [name, content.byteLength]));
}
