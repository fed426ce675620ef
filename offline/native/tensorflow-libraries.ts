/**
 * Where the TensorFlow libraries come from. The npm package links a library of 2022 that Node 24 and current GPUs no
 * longer take, so its own download never runs; the same C interface is taken from the current Python wheel, of which
 * only the two libraries and the C headers are unpacked.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { UserError } from '../../src/terminal/user-error.js';

const run = promisify(execFile);

export type Flavour = 'cpu' | 'gpu';

export const TENSORFLOW_VERSION = '2.21.0';

interface Wheel {
  readonly requirement: string;
  /** Download size and disk needed while unpacking, in MB. */
  readonly downloadMb: number;
  readonly diskMb: number;
}

const WHEELS: Record<Flavour, Wheel> = {
  cpu: { requirement: `tensorflow-cpu==${TENSORFLOW_VERSION}`, downloadMb: 274, diskMb: 1_400 },
  gpu: { requirement: `tensorflow==${TENSORFLOW_VERSION}`, downloadMb: 3_500, diskMb: 12_000 },
};

/** SHA-256 of the wheels that were tried (x64, CPython 3.11: any CPython's wheel holds the same C libraries). */
const KNOWN_HASHES: Partial<Record<`${Flavour}-${string}`, string>> = {
  'cpu-x64': '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
};

/** The folder that holds the unpacked libraries; outside node_modules, so that `npm ci` does not remove it. */
export function librariesFolder(flavour: Flavour): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache');
  return path.join(cache, 'steerstream', `tensorflow-${TENSORFLOW_VERSION}-${flavour}`);
}

/** Says in one line each what is missing. */
export async function missingPrerequisites(flavour: Flavour): Promise<string[]> {
  const missing: string[] = [];
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    return [`Linux on x64 or arm64 (this is ${process.platform} on ${process.arch}); WebAssembly serves here`];
  }
  const works = (command: string, ...args: string[]): Promise<boolean> =>
    run(command, args).then(
      () => true,
      () => false,
    );
  if (!(await works('python3', '-m', 'pip', '--version'))) missing.push('Python 3 with pip (python3 -m pip)');
  if (!(await works('g++', '--version'))) missing.push('a C++ compiler (g++)');
  if (flavour === 'gpu' && !(await works('nvidia-smi'))) missing.push('an NVIDIA driver (nvidia-smi)');
  if (!isComplete(flavour)) {
    const folder = path.dirname(librariesFolder(flavour));
    await mkdir(folder, { recursive: true });
    const { bavail, bsize } = await statfs(folder);
    const free = (bavail * bsize) / 1e6;
    const needed = WHEELS[flavour].diskMb;
    if (free < needed) missing.push(`${needed} MB of free disk for ${folder} (${Math.floor(free)} MB are free)`);
  }
  return missing;
}

export function isComplete(flavour: Flavour): boolean {
  return existsSync(path.join(librariesFolder(flavour), 'complete.json'));
}

export function announcement(flavour: Flavour): string {
  const { requirement, downloadMb } = WHEELS[flavour];
  const rest = flavour === 'gpu' ? ' and the CUDA packages that it names' : '';
  return `downloads ${requirement}${rest} with pip, about ${downloadMb} MB, into ${librariesFolder(flavour)}`;
}

/** Downloads and unpacks; a second call finds everything there. Whole or not at all. */
export async function fetchLibraries(flavour: Flavour, print: (line: string) => void): Promise<void> {
  if (isComplete(flavour)) {
    print(`TensorFlow ${TENSORFLOW_VERSION} (${flavour}) is already unpacked`);
    return;
  }
  const folder = librariesFolder(flavour);
  const temporary = `${folder}.partial`;
  await rm(temporary, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  await download(flavour, temporary);
  const wheel = (await readdir(temporary)).find((name) => name.startsWith('tensorflow') && name.endsWith('.whl'));
  if (wheel === undefined) throw new UserError('pip brought no TensorFlow wheel; run the command again');
  print(`unpacking ${wheel}`);
  await python(UNPACK, path.join(temporary, wheel), temporary);
  if (flavour === 'gpu') await fetchCuda(path.join(temporary, wheel), temporary, print);
  await rm(path.join(temporary, wheel));
  await writeFile(path.join(temporary, 'complete.json'), JSON.stringify({ version: TENSORFLOW_VERSION, flavour }));
  await rename(temporary, folder);
}

async function download(flavour: Flavour, into: string): Promise<void> {
  const platform = process.arch === 'arm64' ? 'manylinux_2_27_aarch64' : 'manylinux_2_27_x86_64';
  const known = KNOWN_HASHES[`${flavour}-${process.arch}`];
  const requirements = path.join(into, 'requirements.txt');
  await writeFile(requirements, `${WHEELS[flavour].requirement}${known ? ` --hash=sha256:${known}` : ''}\n`);
  await pip('download', '--no-deps', '--only-binary=:all:', '--python-version', '3.11', '--implementation', 'cp',
    '--abi', 'cp311', '--platform', platform, '-d', into, '-r', requirements); // biome-ignore format: one option and its value side by side
}

async function fetchCuda(wheel: string, into: string, print: (line: string) => void): Promise<void> {
  const { stdout } = await python(CUDA_REQUIREMENTS, wheel);
  const packages = stdout.split('\n').filter((line) => line !== '');
  print(`installing ${packages.length} CUDA packages`);
  await pip('install', '--no-deps', '--no-compile', '--only-binary=:all:', '--target', into, ...packages);
}

async function pip(...args: string[]): Promise<void> {
  try {
    await run('python3', ['-m', 'pip', ...args, '--disable-pip-version-check'], { maxBuffer: 1 << 26 });
  } catch (error) {
    const text = error instanceof Error && 'stderr' in error ? String(error.stderr).trim().split('\n').at(-1) : '';
    throw new UserError(`pip could not bring the TensorFlow packages: ${text}. Check the network, then run this again`);
  }
}

const python = (script: string, ...args: string[]): Promise<{ stdout: string }> =>
  run('python3', ['-c', script, ...args], { maxBuffer: 1 << 26 });

const UNPACK = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for name in wheel.namelist():
        if name.startswith('tensorflow/include/') or name.startswith('tensorflow/libtensorflow_'):
            wheel.extract(name, sys.argv[2])
`;

const CUDA_REQUIREMENTS = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    metadata = next(n for n in wheel.namelist() if n.endswith('.dist-info/METADATA'))
    for line in wheel.read(metadata).decode().splitlines():
        if line.startswith('Requires-Dist: nvidia-') and 'and-cuda' in line:
            print(line.removeprefix('Requires-Dist: ').split(';')[0].strip())
`;
