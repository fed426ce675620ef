/**
 * The environment, read once, by one schema. Everything else is handed a Config, or a part of one.
 *
 * Every variable starts with STEERSTREAM_. An empty value counts as not given. docs/configuration.md is written from
 * this schema.
 */
import path from 'node:path';
import {
  type Environment,
  EnvironmentSchema,
  type Meaning,
  PREFIX,
  type Seen,
  variables,
} from './config/environment.js';
import { closest } from './text/closest.js';

export interface Config {
  readonly dir: string;
  readonly http: { readonly host: string; readonly port: number };
  readonly log: Environment['LOG'];
  readonly store: Environment['STORE'];
  /** Folder, and ms between two looks for a newer one. */
  readonly checkpoints: { readonly folder: string; readonly pollMs: number };
  readonly engine: Environment['ENGINE'];
  readonly group: string;
  readonly topics: {
    readonly interactions: string;
    readonly profiles: string;
    readonly catalogue: string;
    readonly recommendations: string;
    readonly deadLetters: string;
  };
  readonly partitions: number;
  readonly start: Environment['START'];
  readonly healFrom: Environment['HEAL_FROM'];
  readonly emit: Environment['EMIT'];
  readonly listSize: number;
  readonly seen: Seen;
  /** The part of the reducers' settings that is configured. */
  readonly reducer: {
    readonly sequenceLength: number;
    readonly seenItems: number;
    readonly kinds: Readonly<Record<string, Meaning>>;
  };
  readonly batch: number;
  readonly maxRecordBytes: number;
  readonly logLevel: Environment['LOG_LEVEL'];
}

/** The environment is wrong; `problems` has one line for everything that is. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

/** @throws ConfigError naming every unknown variable and every bad value. */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.entries(env).filter(([name, value]) => name.startsWith(PREFIX) && value?.trim());
  const known = new Map(variables().map((entry) => [entry.name, entry]));
  const problems = given.filter(([name]) => !known.has(name)).map(([name]) => unknownVariable(name, known.keys()));

  const texts = Object.fromEntries(given.map(([name, value]) => [name.slice(PREFIX.length), value?.trim()]));
  const parsed = EnvironmentSchema.safeParse(texts);
  if (!parsed.success) {
    const bad = new Set(parsed.error.issues.map((issue) => PREFIX + String(issue.path[0])));
    for (const name of bad)
      problems.push(`${name} is "${env[name] ?? ''}": it must be ${known.get(name)?.allowed ?? ''}`);
  } else problems.push(...clashes(parsed.data));
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return toConfig(parsed.data);
}

function unknownVariable(name: string, known: Iterable<string>): string {
  const meant = closest(name, known, 1)[0];
  return `${name} is not a variable of Steerstream${meant === undefined ? '' : `: did you mean ${meant}?`}`;
}

/** Values that are fine alone and not together. */
function clashes(env: Environment): string[] {
  const topics = Object.entries(env).filter(([key]) => key.startsWith('TOPIC_')) as [string, string][];
  return topics.flatMap(([key, name], index) =>
    topics
      .slice(0, index)
      .filter(([, other]) => other === name)
      .map(([other]) => `${PREFIX}${other} and ${PREFIX}${key} are both "${name}": each needs its own topic`),
  );
}

function toConfig(env: Environment): Config {
  return {
    dir: env.DIR,
    http: { host: env.HOST, port: env.PORT },
    log: env.LOG,
    store: env.STORE,
    checkpoints: { folder: env.CHECKPOINTS || path.join(env.DIR, 'checkpoints'), pollMs: env.CHECKPOINT_POLL * 1000 },
    engine: env.ENGINE,
    group: env.GROUP,
    topics: {
      interactions: env.TOPIC_INTERACTIONS,
      profiles: env.TOPIC_PROFILES,
      catalogue: env.TOPIC_CATALOGUE,
      recommendations: env.TOPIC_RECOMMENDATIONS,
      deadLetters: env.TOPIC_DEAD_LETTERS,
    },
    partitions: env.PARTITIONS,
    start: env.START,
    healFrom: env.HEAL_FROM,
    emit: env.EMIT,
    listSize: env.LIST_SIZE,
    seen: env.SEEN,
    reducer: { sequenceLength: env.SEQUENCE_LENGTH, seenItems: env.SEEN_ITEMS, kinds: env.KINDS },
    batch: env.BATCH,
    maxRecordBytes: env.MAX_RECORD_BYTES,
    logLevel: env.LOG_LEVEL,
  };
}
