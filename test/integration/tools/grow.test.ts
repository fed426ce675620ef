/** Moving to more partitions: states as before, and each input has exactly one list over both services. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { openTopicAdmin } from '../../../src/adapters/open.js';
import { partitionOf } from '../../../src/events/murmur2.js';
import { loadConfig } from '../../../src/config.js';
import { SILENT } from '../../../src/ops/logger.js';
import type { Log, LogRecord } from '../../../src/ports/log.js';
import { Interrupted } from '../../../src/terminal/user-error.js';
import { move, settledPositions } from '../../../src/tools/topics/grow.js';
import { INPUT_ROLES, settingsFor } from '../../../src/tools/topics/wanted.js';
import { overriding } from '../../builders/fault-points.js';
import { interaction } from '../../builders/events.js';
import { temporaryFolder } from '../../builders/folder.js';
import { outcomeOf, type Outcome, recordsOf } from '../../builders/outcome.js';
import { interactionRecord } from '../../builders/records.js';
import { inputRecords, PARTITIONS, USERS } from '../../builders/scenario.js';
import { TEST_SETTINGS } from '../../builders/stream.js';
import {
  appendCatalogue,
  appendInputs,
  deleteInputsBefore,
  embeddedEnvironment,
  type Environment,
  expectMistake,
  openWorld,
  outcomeIn,
  raisePartitions,
  serve,
  served,
  serversEnvironment,
  settingsOf,
  topicsCommand,
} from '../../builders/tools.js';
import { useKafka, useRedis } from '../../services/use.js';

const [brokers, redis] = [await useKafka(), await useRedis()];
const GROW = ['grow', '--partitions', '5', '--suffix', '.v2'];

/** Both sides of a move, with the new topics made. */
async function sidesOf(env: Environment) {
  const { config, log } = await openWorld(env);
  const { group, topics } = config;
  const renamed = { interactions: `${topics.interactions}.v2`, profiles: `${topics.profiles}.v2` };
  for (const topic of [renamed.interactions, renamed.profiles]) await log.ensureTopic(topic, 5);
  const to = { group: `${group}.v2`, topics: renamed, partitions: 5 };
  return { log, from: { group, topics, partitions: PARTITIONS }, to };
}

/** What the command says to configure. */
function configured(env: Environment, out: string): Environment {
  const said = [...out.matchAll(/^ {2}(STEERSTREAM_\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]);
  return { ...env, ...(Object.fromEntries(said) as Environment) };
}

/** By user, wherever the user lies. */
function statesOf({ states }: Outcome): Record<string, unknown> {
  return Object.fromEntries(Object.values(states).map((state) => [state.userId, state]));
}

/** How many lists each user has of each topic's records, of the topics of one service. */
function countsOf({ lists }: Outcome, env: Environment): Record<string, number> {
  const topics = [
    env['STEERSTREAM_TOPIC_INTERACTIONS'] ?? 'interactions',
    env['STEERSTREAM_TOPIC_PROFILES'] ?? 'profiles',
  ];
  const of = Object.values(lists)
    .flat()
    .filter(({ source }) => topics.includes(source.topic))
    .map(({ userId, reason }) => `${userId} ${reason.trigger}`);
  return Object.fromEntries([...Map.groupBy(of, (name) => name)].map(([name, all]) => [name, all.length]));
}

function countOf({ lists }: Outcome): number {
  return Object.values(lists).flat().length;
}

const isPlaced = ({ key, partition }: Pick<LogRecord, 'key' | 'partition'>): boolean =>
  key !== null && partitionOf(key, PARTITIONS) === partition;

describe.each([
  ['embedded', embeddedEnvironment],
  ['Kafka and Redis', () => serversEnvironment(brokers, redis)],
])('npm run topics -- grow: %s', (kind, environment) => {
  /** An old service that has processed 200 inputs and 30 kinds of bad ones. */
  async function old(): Promise<Environment> {
    const env = environment();
    const made = await topicsCommand(env, 'create', '--partitions', String(PARTITIONS));
    expect(made).toMatchObject({ code: 0, err: '' });
    await appendCatalogue(env);
    await appendInputs(env, inputRecords(1, 200));
    await serve(env, { start: 'earliest' });
    return env;
  }

  /** The new service: what the command says, and on embedded adapters a store of its own. */
  async function grown(env: Environment, ...more: string[]): Promise<Environment> {
    const { code, out, err } = await topicsCommand(env, ...GROW, ...more);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    return configured(env, out);
  }

  /** Its store is another one: on embedded adapters in another folder. */
  async function serveNew(env: Environment): Promise<Outcome> {
    const { log, config } = await openWorld(env);
    const { store } = await openWorld(kind === 'embedded' ? { ...env, STEERSTREAM_DIR: temporaryFolder() } : env);
    await serve(env, {}, store);
    return outcomeOf(log, store, USERS, settingsOf(config));
  }

  it('makes the same states, and no list again', async () => {
    const env = await old();
    const before = await outcomeIn(env, USERS);
    const after = await serveNew(await grown(env));
    expect(statesOf(after)).toEqual(statesOf(before));
    expect(Object.keys(statesOf(before)).length).toBeGreaterThan(15);
    // One topic has the lists of both services.
    expect(countOf(after)).toBe(countOf(before));
    expect(countOf(before)).toBeGreaterThan(100);
  });

  it('makes the lists that were owed, each once, as the old service would have made them', async () => {
    const env = await old();
    await appendInputs(env, inputRecords(2, 60).filter(isPlaced));
    expectMistake(await topicsCommand(env, ...GROW), /^\d+ offsets of the inputs wait/);
    const next = await grown(env, '--with-lag');
    // A late record, and a move that has all but that behind it.
    await appendInputs(env, inputRecords(3, 5).filter(isPlaced));
    expect(await grown(env, '--with-lag')).toEqual(next);
    const after = await serveNew(next);
    const made = countsOf(after, next);
    expect(Object.keys(made).length).toBeGreaterThan(10);
    // What the old service would have made, had it gone on.
    const owed = countsOf(await outcomeIn(env, USERS), env);
    await serve(env);
    const reference = await outcomeIn(env, USERS);
    const all = countsOf(reference, env);
    const difference = Object.entries(all).map(([name, count]) => [name, count - (owed[name] ?? 0)] as const);
    expect(made).toEqual(Object.fromEntries(difference.filter(([, count]) => count > 0)));
    expect(statesOf(after)).toEqual(statesOf(reference));
  });

  it('ends where the old group moves on meanwhile', async () => {
    const env = await old();
    const { log, from, to } = await sidesOf(env);
    const settled = await settledPositions(log, from);
    await appendInputs(env, inputRecords(2, 40).filter(isPlaced));
    await serve(env);
    const signal = new AbortController().signal;
    await expect(move({ log, from, to, signal, onCopied: () => undefined }, settled)).rejects.toThrow(
      'moved on meanwhile',
    );
  });

  it('goes on where it was interrupted, and copies nothing twice', async () => {
    const env = await old();
    const before = await outcomeIn(env, USERS);
    const { log, from, to } = await sidesOf(env);
    const interruption = new AbortController();
    const moving = move(
      {
        log,
        from,
        to,
        signal: interruption.signal,
        onCopied: () => {
          interruption.abort(new Interrupted());
        },
      },
      await settledPositions(log, from),
    );
    await expect(moving).rejects.toThrow(Interrupted);
    const after = await serveNew(await grown(env));
    expect(statesOf(after)).toEqual(statesOf(before));
    expect(countOf(after)).toBe(countOf(before));
    const copied = await recordsOf(log, to.topics.interactions);
    expect(new Set(copied.map(({ key, value }) => `${String(key)} ${String(value)}`)).size).toBeGreaterThan(100);
    expect(copied).toHaveLength((await recordsOf(log, from.topics.interactions)).filter(isPlaced).length);
  });

  it.each([1, 7])('leaves out nothing that the log does not show for a moment: read %i', async (moment) => {
    const env = await old();
    const { log, from, to } = await sidesOf(env);
    let reads = 0;
    const read: Log['read'] = async (...[topic, partition, at, max]) => {
      reads += 1;
      if (reads === moment) return { records: [], next: at, first: 0 };
      return log.read(topic, partition, at, max);
    };
    const { signal } = new AbortController();
    const options = { log: overriding<Log>(log, { read }), from, to, signal, onCopied: () => undefined };
    await appendInputs(env, inputRecords(2, 60).filter(isPlaced));
    const settled = await settledPositions(log, from);
    await expect(move(options, settled)).rejects.toThrow(/shows nothing at \d+ yet/);
    await move(options, settled);
    for (const role of INPUT_ROLES) {
      const there = await recordsOf(log, from.topics[role]);
      const wanted = there.filter(
        ({ offset, ...record }) => isPlaced(record) || offset >= settled[record.partition]![role],
      );
      expect(await recordsOf(log, to.topics[role])).toHaveLength(wanted.length);
    }
  });

  it('moves what is left of a history whose beginning is gone, when told to', async () => {
    const env = await old();
    const { config } = await openWorld(env);
    await deleteInputsBefore(env, 0, 20);
    expectMistake(await topicsCommand(env, ...GROW), /^".*interactions" 0 begins at offset 20: .*--from-available/);
    const next = await grown(env, '--from-available');
    const after = await serveNew(next);
    expect(Object.keys(after.states).length).toBeGreaterThan(15);
    expect(countOf(after)).toBe(countOf(await outcomeIn(env, USERS)));
    expect(next['STEERSTREAM_HEAL_FROM']).toBe('available');
    expect(config.topics.interactions).not.toBe(next['STEERSTREAM_TOPIC_INTERACTIONS']);
  });

  it('refuses where the old group went on after the move', async () => {
    const env = await old();
    await grown(env);
    await appendInputs(env, inputRecords(2, 40).filter(isPlaced));
    await serve(env);
    expectMistake(
      await topicsCommand(env, ...GROW),
      /^group ".*" went on after the move to ".*\.v2": .*another suffix/,
    );
  });

  it('refuses where the new topics hold what no move wrote', async () => {
    const env = await old();
    const { log, config } = await openWorld(env);
    await log.ensureTopic(`${config.topics.interactions}.v2`, 5);
    await log.append([{ topic: `${config.topics.interactions}.v2`, key: Buffer.from('ann'), value: Buffer.from('x') }]);
    expectMistake(
      await topicsCommand(env, ...GROW),
      /^".*interactions\.v2" holds records already that no move wrote: choose another suffix/,
    );
  });

  it.each([
    [['--partitions', '3', '--suffix', '.v2'], /^group ".*" works on 3 partitions already/],
    [['--partitions', '5', '--suffix', '/v2'], /^--suffix "\/v2" must be letters/],
  ])('says what is wrong with %j', async (args, message) => {
    const env = environment();
    await topicsCommand(env, 'create', '--partitions', String(PARTITIONS));
    expectMistake(await topicsCommand(env, 'grow', ...args), message);
  });

  it('refuses a group that never was', async () => {
    const env = environment();
    await topicsCommand(env, 'create', '--partitions', String(PARTITIONS));
    expectMistake(await topicsCommand(env, ...GROW), /^group ".*" has not processed every partition/);
  });
});

describe('npm run topics -- grow, on Kafka', () => {
  it('moves a record that is as far ahead as the old topics allow', async () => {
    const env = serversEnvironment(brokers, redis);
    const { config, log } = await openWorld(env);
    const admin = (await openTopicAdmin(config, SILENT))!;
    onTestFinished(() => admin.close());
    for (const role of INPUT_ROLES) {
      const settings = { ...settingsFor(role, undefined), 'message.timestamp.after.max.ms': '3600000' };
      await admin.create({ topic: config.topics[role], partitions: PARTITIONS, replicas: 1, settings });
    }
    await topicsCommand(env, 'create');
    const { key, value } = interactionRecord(interaction());
    const timestamp = Date.now() + 50 * 60_000;
    const partition = partitionOf(key!, PARTITIONS);
    await appendInputs(env, [{ topic: 'interactions', partition, timestamp, key, value }]);
    await serve(env, { start: 'earliest' });
    expect(await topicsCommand(env, 'verify')).toMatchObject({ code: 0, err: '' });
    const { code, out, err } = await topicsCommand(env, ...GROW);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(await recordsOf(log, `${config.topics.interactions}.v2`)).toMatchObject([{ key, value, timestamp }]);
    expect(await topicsCommand(configured(env, out), 'verify')).toMatchObject({ code: 0, err: '' });
  });
});

describe('npm run topics -- grow beside a running service', () => {
  it('refuses', async () => {
    const env = serversEnvironment(brokers, redis);
    await topicsCommand(env, 'create', '--partitions', String(PARTITIONS));
    const { log, config } = await openWorld(env);
    const ignore = { assigned: () => undefined, revoked: async () => undefined };
    await log.join(config.group, config.topics, { ...ignore, paused: async () => undefined, resumed: () => undefined });
    expectMistake(await topicsCommand(env, ...GROW), /^group ".*" has 1 members: stop its service first/);
  });
});

describe('npm run topics -- grow where partitions were added under the service', () => {
  it.each([
    ['both inputs', ['interactions', 'profiles']],
    ['one input', ['interactions']],
  ] as const)('%s: reads the added ones too, and makes each list that is owed', async (_, raised) => {
    const env = await served(serversEnvironment(brokers, redis), 100);
    const reference = await served(embeddedEnvironment(), 100);
    const before = [countsOf(await outcomeIn(env), env), countsOf(await outcomeIn(reference), reference)];
    expect(before[0]).toEqual(before[1]);

    const { log, config } = await openWorld(env);
    await raisePartitions(
      brokers,
      raised.map((role) => config.topics[role]),
      6,
    );
    const later = inputRecords(2, 60).filter(isPlaced);
    const topics = raised.map((role) => TEST_SETTINGS.topics[role]);
    const moved = later.map((record) =>
      topics.includes(record.topic) ? { ...record, partition: partitionOf(record.key!, 6) } : record,
    );
    await appendInputs(env, moved);
    expectMistake(await topicsCommand(env, ...GROW), /^\d+ offsets of the inputs wait/);
    const { code, out } = await topicsCommand(env, ...GROW, '--with-lag');
    expect(code).toBe(0);
    const next = configured(env, out);
    await serve(next);

    await appendInputs(reference, later);
    await serve(reference);
    const expected = await outcomeIn(reference);
    const made = Object.entries(countsOf(expected, reference)).map(
      ([name, count]) => [name, count - (before[1]?.[name] ?? 0)] as const,
    );
    const after = await outcomeOf(log, (await openWorld(next)).store, USERS, settingsOf(loadConfig(next)));
    expect(countsOf(after, next)).toEqual(Object.fromEntries(made.filter(([, count]) => count > 0)));
    expect(statesOf(after)).toEqual(statesOf(expected));
  });
});
