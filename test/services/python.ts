/** Python for tests: the one on the path, with libraries from PyPI that are fetched once for a machine. */
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { cached } from './cache.js';
import { MissingService } from './missing.js';

const run = promisify(execFile);

/**
 * The folder of some libraries. @param requirements with exact versions, which name the folder
 * @throws MissingService where there is no Python with pip, or no network the first time
 */
export function pythonLibraries(requirements: readonly string[]): Promise<string> {
  const name = requirements.map((one) => one.replace('==', '-')).join('-');
  return cached(`python-${name}`, async (folder) => {
    await python(['-m', 'pip', 'install', '--quiet', '--target', folder, ...requirements]).catch((error: unknown) => {
      throw error instanceof Error ? new MissingService(error.message, { cause: error }) : error;
    });
  });
}

/**
 * Runs a program with libraries; returns what it printed.
 * @throws MissingService where there is no Python; Error with what the program said last
 */
export async function runPython(
  program: string,
  args: readonly string[],
  libraries: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  return python(['-c', program, ...args], { ...env, PYTHONPATH: libraries, PYTHONDONTWRITEBYTECODE: '1' });
}

async function python(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  try {
    const options = { cwd: tmpdir(), env: { ...process.env, ...env }, maxBuffer: 1 << 26 };
    return (await run('python3', args, options)).stdout;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new MissingService('python3 is missing: install Python 3 with pip (Debian: python3-pip)');
    }
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new Error(`python3 failed:\n${said.split('\n').slice(-12).join('\n')}`, { cause: error });
  }
}
