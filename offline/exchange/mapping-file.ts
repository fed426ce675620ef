/** The mapping file of `import-weights`, and the files that it names, relative to itself. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { readSafetensors, type Safetensors } from '../../src/checkpoint/safetensors.js';
import { UserError } from '../../src/terminal/user-error.js';
import { namesOf, type TensorSource } from './tensor-sources.js';

/** @throws UserError that says where the mapping is not as it must be */
export async function readMapping<T>(file: string, schema: z.ZodType<T>): Promise<{ mapping: T; hash: string }> {
  const { bytes, hash } = await readNamed(file);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new UserError(`${file} is no JSON`);
  }
  const result = schema.safeParse(value);
  if (result.success) return { mapping: result.data, hash };
  const issue = result.error.issues[0];
  throw new UserError(`${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'cannot be used'}`);
}

export interface NamedFile {
  readonly bytes: Buffer;
  /** SHA-256, hex. */
  readonly hash: string;
}

/** A file that a mapping names. @throws UserError where it cannot be read */
export const besideMapping = (mapping: string, name: string): Promise<NamedFile> =>
  readNamed(resolve(dirname(mapping), name));

/**
 * What the sources read of a file.
 * @throws UserError where the bytes are no safetensors, or what is wanted is of another type than F32
 */
export function readForeign({ bytes }: NamedFile, sources: readonly TensorSource[]): Safetensors {
  const wanted = new Set(sources.flatMap(namesOf));
  try {
    return readSafetensors(bytes, (name) => wanted.has(name));
  } catch (error) {
    throw new UserError(error instanceof Error ? error.message : String(error));
  }
}

async function readNamed(file: string): Promise<NamedFile> {
  try {
    const bytes = await readFile(file);
    return { bytes, hash: createHash('sha256').update(bytes).digest('hex') };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new UserError(`${file} cannot be read (${String(error.code)})`);
  }
}
