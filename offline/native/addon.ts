/** Compiles the native addon of @tensorflow/tfjs-node-gpu against the unpacked TensorFlow libraries. */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { addonPath } from '../../src/adapters/tfjs/runtime.js';
import { UserError } from '../../src/terminal/user-error.js';
import { TENSORFLOW_VERSION, librariesFolder, type Flavour } from './tensorflow-libraries.js';

const run = promisify(execFile);
const require = createRequire(import.meta.url);

const packageFolder = (name: string): string => path.dirname(require.resolve(`${name}/package.json`));

const stampPath = (): string => `${addonPath()}.json`;

/** What the present addon was compiled against; undefined without one. */
export async function presentAddon(): Promise<{ version: string; flavour: Flavour } | undefined> {
  try {
    return JSON.parse(await readFile(stampPath(), 'utf8')) as { version: string; flavour: Flavour };
  } catch {
    return undefined;
  }
}

/** Replaces the addon at once, when the compiler has succeeded. */
export async function compileAddon(flavour: Flavour): Promise<void> {
  const binding = path.join(packageFolder('@tensorflow/tfjs-node-gpu'), 'binding');
  const tensorflow = path.join(librariesFolder(flavour), 'tensorflow');
  const target = addonPath();
  await mkdir(path.dirname(target), { recursive: true });
  const temporary = `${target}.partial`;
  const libraries = ['tensorflow_cc', 'tensorflow_framework'];
  for (const library of libraries) await linkWithoutVersion(tensorflow, library);
  try {
    await run('g++', [
      ...['-O2', '-std=c++17', '-fPIC', '-shared', '-DNAPI_VERSION=8'],
      ...['-I', path.join(packageFolder('node-api-headers'), 'include'), '-I', path.join(tensorflow, 'include')],
      ...[path.join(binding, 'tfjs_backend.cc'), path.join(binding, 'tfjs_binding.cc')],
      ...[`-L${tensorflow}`, ...libraries.map((name) => `-l${name}`), `-Wl,-rpath,${tensorflow}`, '-o', temporary],
    ]);
  } catch (error) {
    await rm(temporary, { force: true });
    const text =
      error instanceof Error && 'stderr' in error ? String(error.stderr).split('\n').slice(0, 5).join('\n') : '';
    throw new UserError(`g++ could not compile the addon (a compiler of 2019 or later is needed):\n${text}`);
  }
  await rename(temporary, target);
  await writeFile(stampPath(), JSON.stringify({ version: TENSORFLOW_VERSION, flavour }));
}

/** The linker looks for lib<name>.so; the wheel has lib<name>.so.2 alone. */
async function linkWithoutVersion(folder: string, library: string): Promise<void> {
  const link = path.join(folder, `lib${library}.so`);
  await rm(link, { force: true });
  await symlink(`lib${library}.so.2`, link).catch(() => copyFile(`${link}.2`, link));
}
