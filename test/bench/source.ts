/** Files that nothing compiles. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where such a file lies in the sources, seen from what was compiled. */
export function sourceOf(...path: readonly string[]): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const candidate = join(folder, ...path);
    if (existsSync(candidate)) return candidate;
    if (dirname(folder) === folder) throw new Error(`${path.at(-1)} is missing`);
  }
}
