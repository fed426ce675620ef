/** `npm run topics -- create|verify` on a broker, and on the embedded log. */
import kafkajs from 'kafkajs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { partitionOf } from '../../../src/events/murmur2.js';
import { interactionRecord } from '../../builders/records.js';
import { interaction } from '../../builders/events.js';
import { temporaryFolder } from '../../builders/folder.js';
import {
  appendInputs,
  embeddedEnvironment,
  type Environment,
  expectMistake,
  serversEnvironment,
  topicsCommand,
} from '../../builders/tools.js';
import { useKafka } from '../../services/use.js';

const brokers = await useKafka();

const DAY = 86_400_000;

function kafkaEnvironment(): Environment {
  return serversEnvironment(brokers, 'redis://127.0.0.1:1');
}

function nameOf(env: Environment, role: string): string {
  return env[`STEERSTREAM_TOPIC_${role}`]!;
}

async function admin() {
  const { Kafka, logLevel } = kafkajs;
  const client = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
  onTestFinished(() => client.disconnect());
  await client.connect();
  return client;
}

async function make(topic: string, numPartitions: number, settings: Record<string, string> = {}): Promise<void> {
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
  const topics = [{ topic, numPartitions, replicationFactor: 1, configEntries }];
  await (await admin()).createTopics({ topics });
}

describe('npm run topics, on Kafka', () => {
  it('makes everything once, and finds it right', async () => {
    const env = kafkaEnvironment();
    const planned = await topicsCommand(env, 'create', '--partitions', '3', '--dry-run');
    expect(planned).toMatchObject({ code: 0, err: '' });
    expect(planned.out.match(/: would be made$/gm)).toHaveLength(6);
    expect(await topicsCommand(env, 'verify')).toMatchObject({ code: 1, err: '' });

    const made = await topicsCommand(env, 'create', '--partitions', '3', '--retention', '90');
    expect(made).toMatchObject({ code: 0, err: '' });
    expect(made.out.match(/: made$/gm)).toHaveLength(6);
    expect(made.out).toContain(
      `${nameOf(env, 'INTERACTIONS')}: right (3 partitions, 1 replica, delete, kept 90 days, CreateTime)`,
    );
    expect(made.out).toContain('note: retention.ms is 7776000000, not -1: an emptied store');
    expect(made.out).toContain(`${nameOf(env, 'PROFILES')}: right (3 partitions, 1 replica, delete, kept for ever`);
    expect(made.out).toContain(`${nameOf(env, 'CATALOGUE')}: right (3 partitions, 1 replica, compact`);
    expect(made.out).toMatch(new RegExp(`${nameOf(env, 'RECOMMENDATIONS')}: right .*kept 30 days`));
    expect(made.out).toContain(`${env['STEERSTREAM_GROUP']!}.tasks: right (3 partitions`);

    const again = await topicsCommand(env, 'create', '--partitions', '3', '--retention', '90');
    expect(again).toMatchObject({ code: 0, err: '' });
    expect(again.out).not.toMatch(/: made$/m);
    expect(await topicsCommand(env, 'verify')).toMatchObject({ code: 0, err: '' });
  });

  it('says of each topic that is there what differs from what was asked, and makes nothing', async () => {
    const env = kafkaEnvironment();
    await make(nameOf(env, 'INTERACTIONS'), 3, { 'retention.ms': '-1' });
    await make(nameOf(env, 'CATALOGUE'), 2, { 'cleanup.policy': 'compact' });
    const before = (await topicsCommand(env, 'verify')).out;
    const asked = ['create', '--partitions', '7', '--retention', '30', '--replication', '1', '--min-insync', '1'];
    const { code, out, err } = await topicsCommand(env, ...asked);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).toMatch(/^nothing is made: /);
    expect(out).toContain(
      'it has 3 partitions, not the 7 of --partitions\n    npm run topics -- grow --partitions 7 --suffix .v2\n',
    );
    expect(out).toMatch(
      /retention\.ms is -1, not the 2592000000 of --retention 30\n.*--add-config retention\.ms=2592000000\n/,
    );
    expect(out).toContain('it has 2 partitions, not the 7 of --partitions\n    leave --partitions out');
    expect(out).not.toMatch(/--replication|--min-insync|made$/m);
    expect((await topicsCommand(env, 'verify')).out).toBe(before);
    const fewer = (await topicsCommand(env, 'create', '--partitions', '2', '--dry-run')).out;
    expect(fewer).toContain('it has 3 partitions, not the 2 of --partitions\n    leave --partitions out: their');
    expect(fewer).not.toMatch(/made$/m);
  });

  it('finds what differs, says why and how to set it right, and changes nothing', async () => {
    const env = kafkaEnvironment();
    await make(nameOf(env, 'INTERACTIONS'), 3, { 'cleanup.policy': 'compact' });
    await make(nameOf(env, 'PROFILES'), 4, {
      'retention.ms': String(7 * DAY),
      'message.timestamp.type': 'LogAppendTime',
    });
    await make(nameOf(env, 'CATALOGUE'), 1, { 'cleanup.policy': 'delete' });
    await make(nameOf(env, 'DEAD_LETTERS'), 1, { 'cleanup.policy': 'compact' });
    const { code, out } = await topicsCommand(env, 'verify');
    expect(code).toBe(1);
    const fix = (role: string, setting: string): string =>
      `kafka-configs.sh --bootstrap-server ${brokers} --alter --entity-type topics --entity-name ${nameOf(env, role)} --add-config ${setting}\n`;
    expect(out).toContain('cleanup.policy is compact, not delete: compaction leaves each user the newest record');
    expect(out).toContain(fix('INTERACTIONS', 'cleanup.policy=delete'));
    expect(out).toContain(fix('PROFILES', 'retention.ms=-1'));
    expect(out).toContain(fix('PROFILES', 'message.timestamp.type=CreateTime'));
    expect(out).toMatch(/it has 4 partitions and ".*interactions" 3: a user must lie on the same partition/);
    expect(out).toContain(fix('CATALOGUE', 'cleanup.policy=compact'));
    expect(out).toContain(fix('DEAD_LETTERS', 'cleanup.policy=delete'));
    expect(out).toMatch(/recommendations: WRONG\n {2}it does not exist\n {4}npm run topics -- create/);
    expect((await topicsCommand(env, 'verify')).out).toBe(out);
  });

  it('the command that it shows sets it right', async () => {
    const env = kafkaEnvironment();
    await make(nameOf(env, 'PROFILES'), 2, { 'retention.ms': String(DAY) });
    expect(await topicsCommand(env, 'create')).toMatchObject({ code: 1 });
    const configEntries = [{ name: 'retention.ms', value: '-1' }];
    const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: nameOf(env, 'PROFILES'), configEntries };
    await (await admin()).alterConfigs({ validateOnly: false, resources: [resource] });
    expect(await topicsCommand(env, 'verify')).toMatchObject({ code: 0, err: '' });
  });

  it('samples the newest records: misplaced by another partitioner, and unreadable', async () => {
    const env = kafkaEnvironment();
    await topicsCommand(env, 'create', '--partitions', '3');
    const right = Array.from({ length: 5 }, (_, index) => {
      const { key, value } = interactionRecord(interaction({ userId: `user-${index}` }));
      return { topic: 'interactions', partition: partitionOf(key!, 3), timestamp: 1000, key, value };
    });
    await appendInputs(env, right);
    expect((await topicsCommand(env, 'verify')).out).toContain('interactions: 0 of the 5 newest records are no use\n');
    const [first] = right;
    await appendInputs(env, [
      { ...first!, partition: (first!.partition + 1) % 3 },
      { ...first!, value: Buffer.from('not avro') },
    ]);
    const { code, out } = await topicsCommand(env, 'verify', '--sample', '10');
    expect(code).toBe(1);
    expect(out).toContain('interactions: 2 of the 7 newest records are no use\n');
    expect(out).toMatch(/^ {2}wrong-partition: 1, as at \d\/\d: .*librdkafka: partitioner=murmur2_random/m);
    expect(out).toMatch(/^ {2}bad-bytes: 1, as at/m);
    expect(await topicsCommand(env, 'verify', '--sample', '0')).toMatchObject({ code: 0, err: '' });
  });

  it.each([
    [
      ['create', '--replication', '5'],
      /^Kafka refuses topic ".*" with 4 partitions, 5 replicas .*INVALID_REPLICATION_FACTOR/,
    ],
    [['create', '--replication', '1', '--min-insync', '2'], /^--min-insync 2 of --replication 1: then nothing/],
    [['create', '--partitions', '0'], /must be a whole number from 1 to 1024/],
    [['creat'], /unknown command 'creat'.*did you mean create/i],
  ])('answers a mistake with one line: %j', async (args, message) => {
    expectMistake(await topicsCommand(kafkaEnvironment(), ...args), message);
  });

  it('has the broker refuse a producer whose clock is ahead', async () => {
    const env = kafkaEnvironment();
    await topicsCommand(env, 'create');
    const { key, value } = interactionRecord(interaction());
    const at = (timestamp: number) => [{ topic: 'profiles', partition: 0, timestamp, key, value }];
    await expect(appendInputs(env, at(Date.now() + DAY))).rejects.toThrow('out of acceptable range');
    await appendInputs(env, at(Date.now()));
  });

  it('says in one line that no broker answers', async () => {
    const env = { ...kafkaEnvironment(), STEERSTREAM_KAFKA_BROKERS: '127.0.0.1:1' };
    expectMistake(await topicsCommand(env, 'verify'), /^Kafka could not .*127\.0\.0\.1:1/);
  });
});

describe('npm run topics, on the embedded log', () => {
  it('makes topics with their partitions, and has nothing else to look at', async () => {
    const env = embeddedEnvironment();
    expect((await topicsCommand(env, 'verify')).err).toMatch(/^no log in .*\n$/);
    const made = await topicsCommand(env, 'create', '--partitions', '3');
    expect(made).toMatchObject({ code: 0, err: '' });
    expect(made.out).toContain('dead-letters: right (3 partitions)\n');
    expect(await topicsCommand(env, 'verify')).toMatchObject({ code: 0, err: '' });
    const more = await topicsCommand(env, 'create', '--partitions', '5');
    expect(more).toMatchObject({ code: 1, err: '' });
    expect(more.out).toContain(
      'interactions: WRONG (3 partitions)\n  it has 3 partitions, not the 5 of --partitions\n',
    );
  });

  it('makes nothing in a dry run', async () => {
    const env = { STEERSTREAM_DIR: `${temporaryFolder()}/none` };
    expect(await topicsCommand(env, 'create', '--dry-run')).toMatchObject({ code: 2, out: '' });
    expect((await topicsCommand(env, 'verify')).err).toMatch(/^no log in .*\n$/);
  });
});
