/** Spark for tests: pyspark from PyPI, prepared once for a machine, run in local mode with the Java on the path. */
import { tmpdir } from 'node:os';
import { pythonLibraries, runPython } from './python.js';

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
export const pyspark = (): Promise<string> => pythonLibraries(['pyspark==4.0.1']);

/** Runs a Python program that uses pyspark; its errors are thrown with what it said last. */
export async function sparkProgram(program: string, args: readonly string[]): Promise<void> {
  await runPython(program, args, await pyspark(), { PYSPARK_SUBMIT_ARGS: SUBMIT, SPARK_LOCAL_DIRS: tmpdir() });
}
