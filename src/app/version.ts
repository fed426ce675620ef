import { readFileSync } from 'node:fs';
import path from 'node:path';
import { schemaFolder } from '../events/schema-files.js';

/** The version of this package; its package.json lies beside the schemas. */
export function packageVersion(): string {
  const text = readFileSync(path.join(schemaFolder(), '..', 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
