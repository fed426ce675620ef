/** Source files, gzipped or not: finding, hashing, and reading them. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { UserError } from '../../src/terminal/user-error.js';

/** The first of `names` that is in the folder, plain or as `.gz`. */
export function findFile(folder: string, names: readonly string[]): string | undefined {
  return names
    .flatMap((name) => [name, `${name}.gz`])
    .map((name) => join(folder, name))
    .find((file) => existsSync(file));
}

/** The bytes, unzipped where the name ends in `.gz`. Errors of the file and of the zip reach the reader. */
export function openFile(file: string): Readable {
  const raw = createReadStream(file, { highWaterMark: 1 << 18 });
  if (!file.endsWith('.gz')) return raw;
  const unzip = createGunzip({ chunkSize: 1 << 18 });
  raw.once('error', (error) => unzip.destroy(error));
  unzip.once('close', () => raw.destroy());
  return raw.pipe(unzip);
}

/** SHA-256 (hex) of a salt and of the files as they lie on disk. @throws UserError for a file that cannot be read. */
export async function fingerprintFiles(salt: string, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(salt);
  for (const file of files) {
    hash.update('\0');
    for await (const chunk of readable(file, createReadStream(file, { highWaterMark: 1 << 20 }))) hash.update(chunk);
  }
  return hash.digest('hex');
}

/** Some lines that follow one another, and the number of the first, counted from 1. */
export interface Lines {
  readonly first: number;
  readonly lines: readonly string[];
}

/** Lines of a file in ISO-8859-1 (or ASCII), without their ends; an empty last one is left out. */
export async function* readLines(file: string): AsyncGenerator<Lines> {
  let first = 1;
  let rest = '';
  for await (const chunk of readable(file, openFile(file))) {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    yield { first, lines: lines.map(withoutReturn) };
    first += lines.length;
  }
  if (rest !== '') yield { first, lines: [withoutReturn(rest)] };
}

/** A whole text file in UTF-8, or in ISO-8859-1 where it is not valid UTF-8. */
export async function readText(file: string): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of readable(file, openFile(file))) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

async function* readable(file: string, stream: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    throw new UserError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    stream.destroy();
  }
}
