// Compiles when dist/ is missing or older than a source, and costs nothing otherwise. The compiler talks on stderr, so
// that what a command prints on stdout is the command's alone.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const stamp = join(root, 'dist', '.built');

/** Modification time in ms; 0 where there is nothing. */
function changedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function newestSource() {
  const sources = ['src', 'offline', 'test'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((name) => join(root, folder, name)),
  );
  return Math.max(...[...sources, join(root, 'tsconfig.json'), join(root, 'package-lock.json')].map(changedAt));
}

if (changedAt(stamp) < newestSource()) {
  const startedAt = new Date();
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-p', root], { stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(stamp, `${startedAt.toISOString()}\n`);
}
