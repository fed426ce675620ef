/** The committed Avro schemas: the current one of a contract, and its earlier versions. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Schema } from 'avsc';

export interface ContractSchemas {
  readonly current: Schema;
  /** Every committed version, whose data must stay readable. */
  readonly history: readonly Schema[];
}

/**
 * Reads `schemas/NAME.avsc` and `schemas/history/VERSION/NAME.avsc`.
 * @throws Error when there is no such contract.
 */
export function readSchemas(name: string): ContractSchemas {
  const folder = schemaFolder();
  const history = globSync(`history/*/${name}.avsc`, { cwd: folder }).sort();
  return {
    current: readSchema(join(folder, `${name}.avsc`)),
    history: history.map((path) => readSchema(join(folder, path))),
  };
}

/** The nearest `schemas` folder above this file: it is as far from src as from dist/src but for one step. */
export function schemaFolder(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const candidate = join(folder, 'schemas');
    if (existsSync(join(candidate, 'interaction.avsc'))) return candidate;
    if (dirname(folder) === folder) {
      throw new Error(
        `no folder "schemas" with the Avro contracts above ${import.meta.dirname}: is the package whole?`,
      );
    }
  }
}

function readSchema(path: string): Schema {
  return JSON.parse(readFileSync(path, 'utf8')) as Schema;
}
