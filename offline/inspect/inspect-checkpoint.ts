/** What a checkpoint folder says of itself. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ManifestSchema } from '../../src/checkpoint/manifest.js';
import { UserError } from '../../src/terminal/user-error.js';

/** The manifest as indented JSON. @throws UserError when there is none, or it is not one. */
export async function inspectCheckpoint(folder: string, print: (line: string) => void): Promise<void> {
  const file = join(folder, 'manifest.json');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UserError(`no checkpoint in ${folder}: ${error instanceof Error ? error.message : String(error)}`);
  });
  print(JSON.stringify(parse(file, text), null, 2));
}

function parse(file: string, text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UserError(`${file} is no JSON`);
  }
  const parsed = ManifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new UserError(`${file} is no manifest of this version: ${problems.join('; ')}`);
}
