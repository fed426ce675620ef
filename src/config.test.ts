import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../test/builders/folder.js';
import { ConfigError, loadConfig } from './config.js';
import { variables } from './config/environment.js';

/** Any file that can be read is taken for one. */
const PEM = import.meta.filename;

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('loadConfig', () => {
  it('has a default for everything', () => {
    expect(loadConfig({})).toMatchObject({
      dir: '.steerstream',
      http: { host: '127.0.0.1', port: 3000 },
      checkpoints: { place: { kind: 'folder', folder: '.steerstream/checkpoints' }, pollMs: 5000 },
      topics: { interactions: 'interactions', deadLetters: 'dead-letters' },
      seen: { kind: 'exclude' },
      listSize: 10,
      reducer: {
        sequenceLength: 200,
        seenItems: 2000,
        kinds: { dislike: 'hide', hide: 'hide', impression: 'ignore', '*': 'sequence' },
      },
    });
  });

  it('reads values, trims them, and takes an empty one as not given', () => {
    const config = loadConfig({
      STEERSTREAM_DIR: '/data',
      STEERSTREAM_PORT: ' 0 ',
      STEERSTREAM_SEEN: 'days:30',
      STEERSTREAM_KINDS: 'thumbs-down:hide, skip:ignore',
      STEERSTREAM_BATCH: '',
      OTHER: 'x',
    });
    expect(config.checkpoints.place).toEqual({ kind: 'folder', folder: '/data/checkpoints' });
    expect(config.http.port).toBe(0);
    expect(config.seen).toEqual({ kind: 'days', days: 30 });
    expect(config.reducer.kinds).toEqual({ 'thumbs-down': 'hide', skip: 'ignore', '*': 'sequence' });
    expect(config.batch).toBe(500);
  });

  it.each([
    ['s3://some-bucket', 'some-bucket', ''],
    ['s3://some-bucket/', 'some-bucket', ''],
    ['s3://some.bucket/a', 'some.bucket', 'a'],
    ['s3://some-bucket/a/b c', undefined, undefined],
    ['s3://some-bucket/of/checkpoints/', 'some-bucket', 'of/checkpoints'],
    ['s3://some-bucket//a', undefined, undefined],
    ['S3://some-bucket', undefined, undefined],
    ['s3://B', undefined, undefined],
  ])('reads the bucket of %s', (text, bucket, prefix) => {
    const env = { STEERSTREAM_CHECKPOINTS: text, STEERSTREAM_S3_REGION: 'eu-west-1', STEERSTREAM_S3_PATH_STYLE: 'on' };
    if (bucket === undefined) {
      expect(problemsOf(env).join()).toContain('it must be a folder, or `s3://bucket/prefix`');
      return;
    }
    const place = { kind: 's3', bucket, prefix, endpoint: undefined, region: 'eu-west-1', pathStyle: true };
    expect(loadConfig(env).checkpoints.place).toEqual(place);
  });

  it('lists every problem at once: what, where, what is allowed', () => {
    expect(
      problemsOf({
        STEERSTREAM_PROT: '1',
        STEERSTREAM_LIST_SIZE: '501',
        STEERSTREAM_EMIT: 'sometimes',
        STEERSTREAM_TOPIC_PROFILES: 'a b',
      }),
    ).toEqual(
      [
        'STEERSTREAM_PROT is not a variable of Steerstream: did you mean STEERSTREAM_PORT?',
        'STEERSTREAM_EMIT is "sometimes": it must be `every-event`, `latest-per-batch`',
        'STEERSTREAM_LIST_SIZE is "501": it must be a whole number from 1 to 500',
        'STEERSTREAM_TOPIC_PROFILES is "a b": it must be letters, digits, `.`, `_`, `-`; at most 249',
      ].sort((a, b) => order(a) - order(b)),
    );
  });

  it.each([
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '1e3'],
    ['SEEN', 'days:0'],
    ['KINDS', 'view:maybe'],
    ['KINDS', 'view'],
    ['TOPIC_CATALOGUE', '..'],
    ['GROUP', 'a/b'],
  ])('refuses %s=%s', (name, value) => {
    expect(problemsOf({ [`STEERSTREAM_${name}`]: value })).toHaveLength(1);
  });

  it.each([
    [{ LOG: 'kafka' }, 'STEERSTREAM_KAFKA_BROKERS must be given'],
    [{ STORE: 'redis' }, 'STEERSTREAM_REDIS_URL must be given'],
    [{ WIRE: 'confluent' }, 'STEERSTREAM_REGISTRY_URL must be given'],
    [{ KAFKA_SASL: 'plain', KAFKA_USERNAME: 'ann' }, 'STEERSTREAM_KAFKA_PASSWORD must be given'],
    [{ REDIS_SENTINEL_USERNAME: 'ann' }, 'STEERSTREAM_REDIS_SENTINEL_PASSWORD must be given'],
    [{ KAFKA_SASL: 'oauthbearer' }, 'STEERSTREAM_KAFKA_TOKEN_FILE must be given'],
    [{ KAFKA_BROKERS: 'kafka:9092,other' }, 'STEERSTREAM_KAFKA_BROKERS is "kafka:9092,other"'],
    [{ KAFKA_CA: 'no-such.pem' }, 'it must be a PEM file that can be read'],
  ])('refuses %j', (given, problem) => {
    const env = Object.fromEntries(Object.entries(given).map(([name, value]) => [`STEERSTREAM_${name}`, value]));
    expect(problemsOf(env)).toEqual([expect.stringContaining(problem)]);
  });

  it.each([
    [{ KAFKA_CA: PEM }, 'STEERSTREAM_KAFKA_CA would not be used: it needs KAFKA_TLS "on"'],
    [{ KAFKA_USERNAME: 'ann' }, 'STEERSTREAM_KAFKA_USERNAME would not be used: it needs a KAFKA_SASL'],
    [{ KAFKA_PASSWORD: 'hush' }, 'STEERSTREAM_KAFKA_PASSWORD would not be used: it needs a KAFKA_SASL'],
    [
      { KAFKA_TOKEN_FILE: 'token' },
      'STEERSTREAM_KAFKA_TOKEN_FILE would not be used: it needs KAFKA_SASL "oauthbearer"',
    ],
    [
      { REDIS_URL: 'redis://:hush@host', REDIS_CA: PEM },
      'STEERSTREAM_REDIS_CA would not be used: it needs a REDIS_URL',
    ],
    [{ REGISTRY_URL: 'http://host', REGISTRY_CA: PEM }, 'STEERSTREAM_REGISTRY_CA would not be used'],
  ])('refuses what would leave a connection plain: %j', (given, problem) => {
    const env = Object.fromEntries(Object.entries(given).map(([name, value]) => [`STEERSTREAM_${name}`, value]));
    expect(problemsOf(env)).toEqual([expect.stringContaining(problem)]);
    expect(problemsOf(env).join()).not.toContain('hush');
  });

  it.each([
    { KAFKA_CA: PEM, KAFKA_TLS: 'on' },
    { REDIS_CA: PEM, REDIS_URL: 'rediss+cluster://host' },
    { REGISTRY_CA: PEM, REGISTRY_URL: 'https://host' },
  ])('takes what is used: %j', (given) => {
    const env = Object.fromEntries(Object.entries(given).map(([name, value]) => [`STEERSTREAM_${name}`, value]));
    expect(() => loadConfig(env)).not.toThrow();
  });

  it('reads secrets from files, and shows none', () => {
    const file = join(temporaryFolder(), 'url');
    writeFileSync(file, 'redis://:hush@redis:6379\n');
    const env = { STEERSTREAM_STORE: 'redis', STEERSTREAM_REDIS_URL_FILE: file };
    expect(loadConfig(env).redis).toMatchObject({ url: 'redis://:hush@redis:6379', namespace: 'steerstream' });
    expect(problemsOf({ ...env, STEERSTREAM_REDIS_URL_FILE: 'nowhere' })).toContain(
      'STEERSTREAM_REDIS_URL_FILE is "nowhere": it must be a file that can be read',
    );
  });

  it.each(['htp://ann:hush@registry', 'ann:hush@registry', 'http://ann:hu,sh@registry', 'http://ann:hu /sh@registry'])(
    'shows no password of an address: %s',
    (url) => {
      expect(problemsOf({ STEERSTREAM_REGISTRY_URL: url })).toEqual([
        'STEERSTREAM_REGISTRY_URL is "***@registry": it must be addresses, several with commas',
      ]);
      expect(problemsOf({ STEERSTREAM_REDIS_URL_FILE: url }).join()).toContain('is "***@registry": it must be a file');
    },
  );

  it('reads what Kafka and the registry need', () => {
    const config = loadConfig({
      STEERSTREAM_LOG: 'kafka',
      STEERSTREAM_KAFKA_BROKERS: 'a:9092, b:9093',
      STEERSTREAM_KAFKA_TLS: 'on',
      STEERSTREAM_KAFKA_SASL: 'scram-sha-512',
      STEERSTREAM_KAFKA_USERNAME: 'ann',
      STEERSTREAM_KAFKA_PASSWORD: 'hush',
      STEERSTREAM_REGISTRY_URL: 'http://registry:8081',
    });
    expect(config.kafka).toMatchObject({
      brokers: ['a:9092', 'b:9093'],
      tls: {},
      sasl: { mechanism: 'scram-sha-512', username: 'ann', password: 'hush' },
      sessionMs: 10_000,
    });
    expect(config.registry).toMatchObject({ urls: ['http://registry:8081'], register: true });
  });

  it('refuses one topic for two purposes', () => {
    expect(problemsOf({ STEERSTREAM_TOPIC_PROFILES: 'interactions' })[0]).toContain('each needs its own topic');
  });
});

/** Unknown names first, then the order of the schema. */
function order(problem: string): number {
  return variables().findIndex(({ name }) => problem.startsWith(`${name} `));
}

describe('docs/configuration.md', () => {
  it('is what the schema says (npx vitest run src/config.test.ts -u writes it)', async () => {
    const cell = (text: string) => text.replaceAll('|', '\\|');
    const rows = variables().map(
      ({ name, fallback, allowed, about }) =>
        `| \`${name}\` | ${fallback === '' ? '' : `\`${cell(fallback)}\``} | ${cell(allowed)} | ${cell(about)} |`,
    );
    const page = [
      '# Configuration',
      '',
      'The service reads its environment once, at start. An unknown variable or a bad value stops it with exit status 2',
      'and a list of everything that is wrong. An empty value counts as not given. This page is written from the schema in',
      '`src/config/environment.ts`, and a test holds it to it.',
      '',
      '| variable | unless given | allowed | what it does |',
      '| --- | --- | --- | --- |',
      ...rows,
      '',
    ].join('\n');
    await expect(page).toMatchFileSnapshot('../docs/configuration.md');
  });
});
