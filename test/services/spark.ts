/** Spark for tests: pyspark from PyPI, prepared once for a machine, run in local mode with the Java on the path. */
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { cached } from './cache.js';
import { MissingService } from './missing.js';

const run = promisify(execFile);

const PYSPARK_VERSION = '4.0.1';

/** One thread and no web page: a test's tables are small. */
const SUBMIT = [
  '--master local[1]',
  '--driver-memory 1g',
  '--conf spark.ui.enabled=false',
  '--conf spark.sql.shuffle.partitions=1',
  // Debian's name of this machine may lead nowhere.
  '--conf spark.driver.host=127.0.0.1 --conf spark.driver.bindAddress=127.0.0.1',
  'pyspark-shell',
].join(' ');

/** The folder of pyspark and what it needs. @throws MissingService where there is no Python, or no network the first time */
export async function pyspark(): Promise<string> {
  return cached(`pyspark-${PYSPARK_VERSION}`, async (folder) => {
    await python(['-m', 'pip', 'install', '--quiet', '--target', folder, `pyspark==${PYSPARK_VERSION}`]);
  });
}

/** Runs a Python program that uses pyspark; its errors are thrown with what it said last. */
export async function sparkProgram(program: string, args: readonly string[]): Promise<void> {
  const libraries = await pyspark();
  await python(['-c', program, ...args], {
    PYTHONPATH: libraries,
    PYSPARK_SUBMIT_ARGS: SUBMIT,
    PYTHONDONTWRITEBYTECODE: '1',
    SPARK_LOCAL_DIRS: tmpdir(),
  });
}

async function python(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
  try {
    await run('python3', args, { cwd: tmpdir(), env: { ...process.env, ...env }, maxBuffer: 1 << 26 });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new MissingService('python3 is missing: install Python 3 with pip (Debian: python3-pip)');
    }
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new MissingService(`python3 failed:\n${said.split('\n').slice(-12).join('\n')}`);
  }
}
