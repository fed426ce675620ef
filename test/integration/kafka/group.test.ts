/** Groups of several members on a real broker. `member.js` runs from dist/: build first (`npm test` does). */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import kafkajs from 'kafkajs';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { KafkaClient } from '../../../src/adapters/kafka/client.js';
import { DEFAULT_KAFKA_TIMING, type KafkaOptions } from '../../../src/adapters/kafka/options.js';
import { SILENT } from '../../../src/ops/logger.js';
import { OwnershipLost } from '../../../src/ports/errors.js';
import type { Membership } from '../../../src/ports/log.js';
import { useKafka } from '../../services/use.js';
import { kafkaOptions, makeTopics, type Names, openLog, uniqueNames } from './logs.js';

const brokers = await useKafka();
const MEMBER = path.resolve('dist/test/integration/kafka/member.js');
const TASKS = 16;
const WITHIN = { timeout: 15_000, interval: 10 };

/** Told of every pause of a member; says how long it shall be instead. */
const pauses = vi.hoisted((): { onPause: (ms: number) => number } => ({ onPause: (ms) => ms }));
vi.mock(import('../../../src/ops/backoff.js'), async (original) => {
  const module = await original();
  return { ...module, pause: (ms, signal) => module.pause(pauses.onPause(ms), signal) };
});

interface Member {
  readonly membership: Membership;
  readonly owned: Set<number>;
  /** How many were given and taken so far. */
  readonly moves: { gained: number; lost: number };
}

interface Waits {
  readonly paused?: () => Promise<void>;
  readonly revoked?: () => Promise<void>;
}

async function join(
  names: Names,
  { paused = async () => undefined, revoked = async () => undefined }: Waits = {},
  options: Partial<KafkaOptions> = {},
): Promise<Member> {
  const owned = new Set<number>();
  const moves = { gained: 0, lost: 0 };
  const membership = await openLog(brokers, options).join(names.group, names.topics, {
    assigned(tasks) {
      moves.gained += tasks.length;
      for (const { partition } of tasks) owned.add(partition);
    },
    async revoked(tasks) {
      moves.lost += tasks.length;
      for (const { partition } of tasks) owned.delete(partition);
      await revoked();
    },
    paused,
    resumed: () => undefined,
  });
  return { membership, owned, moves };
}

async function shares(members: readonly Member[]): Promise<void> {
  const sizes = (): number[] => members.map(({ owned }) => owned.size).sort((a, b) => b - a);
  const least = Math.floor(TASKS / members.length);
  const expected = members.map((_, rank) => least + (rank < TASKS % members.length ? 1 : 0));
  await expect.poll(sizes, WITHIN).toEqual(expected);
  const all = members.flatMap(({ owned }) => [...owned]).sort((a, b) => a - b);
  expect(all).toEqual(Array.from({ length: TASKS }, (_, task) => task));
}

async function admin() {
  const made = new KafkaClient(kafkaOptions(brokers)).admin();
  onTestFinished(() => made.disconnect());
  await made.connect();
  return {
    describe: async (group: string) => (await made.describeGroups([group])).groups[0]!,
  };
}

async function expel(groupId: string, memberId: string): Promise<void> {
  const cluster = new KafkaClient(kafkaOptions(brokers)).cluster();
  onTestFinished(() => cluster.disconnect());
  await cluster.connect();
  const coordinator = (await cluster.findGroupCoordinator({ groupId })) as unknown as {
    leaveGroup(member: { groupId: string; memberId: string }): Promise<unknown>;
  };
  await coordinator.leaveGroup({ groupId, memberId });
}

describe('a group of three with 16 partitions', () => {
  it('gives each task, both its partitions, to exactly one member, and moves as little as it can', async () => {
    const names = uniqueNames();
    await makeTopics(openLog(brokers), names, TASKS);
    const one = await join(names);
    await shares([one]);
    const two = await join(names);
    await shares([one, two]);
    expect(one.moves).toEqual({ gained: 16, lost: 8 });
    const three = await join(names);
    await shares([one, two, three]);
    expect(one.moves.lost + two.moves.lost).toBe(8 + 5);

    const { describe } = await admin();
    const { members } = await describe(names.group);
    const { MemberAssignment } = kafkajs.AssignerProtocol;
    for (const { memberAssignment } of members) {
      const { assignment } = MemberAssignment.decode(memberAssignment)!;
      const { [names.topics.interactions]: interactions, [names.topics.profiles]: profiles } = assignment;
      expect(profiles).toEqual(interactions);
    }

    const lost = [one.moves.lost, three.moves.lost];
    await two.membership.leave();
    expect([...two.owned]).toEqual([]);
    await shares([one, three]);
    expect([one.moves.lost, three.moves.lost]).toEqual(lost);
    await expect(two.membership.heartbeat()).rejects.toThrow(OwnershipLost);
  });
});

describe('a rebalance', () => {
  it('waits until nothing is in flight', async () => {
    const names = uniqueNames();
    await makeTopics(openLog(brokers), names, TASKS);
    const paused = Promise.withResolvers<undefined>();
    const finished = Promise.withResolvers<undefined>();
    const one = await join(names, {
      paused: async () => {
        paused.resolve(undefined);
        await finished.promise;
      },
    });
    await shares([one]);
    const events: string[] = [];
    const joining = join(names).then((member) => {
      events.push('joined');
      return member;
    });
    await paused.promise;
    const { describe } = await admin();
    // Long enough for many a heartbeat of the member that drains: it stays one, and the group waits for it.
    for (let look = 0; look < 30; look += 1) {
      const { state, members } = await describe(names.group);
      expect(state).toBe('PreparingRebalance');
      expect(members).toHaveLength(2);
    }
    events.push('finished');
    finished.resolve(undefined);
    await shares([one, await joining]);
    expect(events).toEqual(['finished', 'joined']);
    expect(one.moves.lost).toBe(8);
  });
});

describe('a member whose batch takes longer than its session', () => {
  const timing = { ...DEFAULT_KAFKA_TIMING, session: 1000, rebalance: 1000, heartbeat: 100 };

  /** A member that is asked for tasks while a batch is in flight, which is finished when it is told so. */
  async function busy(names: Names) {
    const [asked, batch] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const revoked = async (): Promise<void> => {
      asked.resolve(undefined);
      await batch.promise;
    };
    await makeTopics(openLog(brokers), names, TASKS);
    const member = await join(names, { paused: () => batch.promise, revoked }, { timing });
    await shares([member]);
    const finish = (): void => {
      batch.resolve(undefined);
    };
    // Members leave when the test ends, however it ends.
    onTestFinished(finish);
    return { member, asked: asked.promise, finish };
  }

  async function stays({ group }: Names, count: number): Promise<void> {
    const { describe } = await admin();
    const until = performance.now() + 2.5 * timing.session;
    while (performance.now() < until) {
      const { state, members } = await describe(group);
      expect([state, members.length]).toEqual(['Stable', count]);
    }
  }

  it('stays in the group while it gives tasks up, and keeps the others', async () => {
    const names = uniqueNames();
    const { member, asked, finish } = await busy(names);
    const other = await join(names);
    await asked;
    await stays(names, 2);
    finish();
    await shares([member, other]);
    expect([member.moves, other.moves]).toEqual([
      { gained: 16, lost: 8 },
      { gained: 8, lost: 0 },
    ]);
  });

  it('stays in the group while it leaves', async () => {
    const names = uniqueNames();
    const { member, asked, finish } = await busy(names);
    const leaving = member.membership.leave();
    await asked;
    await stays(names, 1);
    finish();
    await leaving;
    expect((await (await admin()).describe(names.group)).members).toEqual([]);
  });
});

interface Told {
  readonly what: string;
  readonly tasks: readonly number[];
}

/** A member in another process, and what it told so far. */
function startMember({ group, topics }: Names) {
  if (!existsSync(MEMBER)) throw new Error(`${MEMBER} is missing: npm run build`);
  const child = fork(MEMBER, [brokers, group, topics.interactions, topics.profiles], { stdio: 'inherit' });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const told: Told[] = [];
  child.on('message', (message) => told.push(message as Told));
  const count = (what: string): number => told.filter((one) => one.what === what).length;
  return {
    child,
    told,
    /** Resolves when it has told this so often. */
    heard: (what: string, times = 1) => expect.poll(() => count(what), WITHIN).toBeGreaterThanOrEqual(times),
  };
}

describe('a member that is not heard of', () => {
  it('is expelled, and when it wakes it is in the group again before a heartbeat resolves', async () => {
    const names = uniqueNames();
    await makeTopics(openLog(brokers), names, TASKS);
    const { child, told, heard } = startMember(names);
    await heard('ready');
    expect(told[0]).toMatchObject({ what: 'assigned', tasks: { length: TASKS } });
    child.send('beat');
    await heard('beat');

    child.kill('SIGSTOP');
    const { describe } = await admin();
    await expect.poll(async () => (await describe(names.group)).members.length, WITHIN).toBe(0);
    const other = await join(names);
    await shares([other]);
    const before = told.length;
    // Reaches it when it wakes.
    child.send('beat');
    child.kill('SIGCONT');
    await heard('beat', 2);
    const since = told.slice(before).map(({ what }) => what);
    expect(since.indexOf('revoked')).toBeGreaterThanOrEqual(0);
    expect(since.indexOf('revoked')).toBeLessThan(since.indexOf('assigned'));
    expect(since.indexOf('assigned')).toBeLessThan(since.indexOf('beat'));
    await expect.poll(() => other.owned.size, WITHIN).toBe(8);
  });
});

describe('a member that cannot join again', () => {
  /** What it did since it was refused for the first time: attempts that failed, and pauses, ms. */
  let did: ('refused' | number)[];
  beforeEach(() => {
    did = [];
    onTestFinished(() => {
      pauses.onPause = (ms) => ms;
    });
    pauses.onPause = (ms) => {
      if (did.length > 0) did.push(ms);
      return ms;
    };
  });

  /** Expels the only member, and lets one in that assigns otherwise before it can come back. */
  async function shutOut() {
    const names = uniqueNames();
    await makeTopics(openLog(brokers), names, TASKS);
    const [revoked, entered] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const waits = {
      revoked: async () => {
        revoked.resolve(undefined);
        await entered.promise;
      },
    };
    const warn = (message: string): void => {
      if (message.startsWith('could not join')) did.push('refused');
    };
    const member = await join(names, waits, { logger: { ...SILENT, warn } });
    await expel(names.group, (await (await admin()).describe(names.group)).members[0]!.memberId);
    await revoked.promise;
    const kafka = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING });
    // It does not disconnect before a fetch has its answer.
    const stranger = kafka.consumer({ groupId: names.group, maxWaitTimeInMs: 100 });
    onTestFinished(() => stranger.disconnect());
    await stranger.connect();
    await stranger.subscribe({ topic: names.topics.interactions });
    const joined = Promise.withResolvers<undefined>();
    stranger.on('consumer.group_join', () => {
      joined.resolve(undefined);
    });
    await stranger.run({ eachMessage: async () => undefined });
    await joined.promise;
    entered.resolve(undefined);
    return { member, stranger };
  }

  it('pauses ever longer after each attempt, and is in the group again once it may', async () => {
    const { member, stranger } = await shutOut();
    await expect.poll(() => did.length, WITHIN).toBeGreaterThanOrEqual(6);
    expect(did.slice(0, 6)).toEqual(['refused', 100, 'refused', 200, 'refused', 400]);
    await stranger.disconnect();
    await expect.poll(() => member.owned.size, WITHIN).toBe(TASKS);
  });

  it('leaves whatever the pause', async () => {
    const pausing = Promise.withResolvers<undefined>();
    pauses.onPause = (ms) => {
      if (did.length === 0) return ms;
      pausing.resolve(undefined);
      return 1e9;
    };
    const { member } = await shutOut();
    await pausing.promise;
    await member.membership.leave();
    expect(did).toEqual(['refused']);
  });
});

describe('a heartbeat', () => {
  it('is sent whatever the machine does to its clock', async () => {
    const names = uniqueNames();
    await makeTopics(openLog(brokers), names, 1);
    const log = openLog(brokers, { timing: { ...DEFAULT_KAFKA_TIMING, session: 1000, heartbeat: 100 } });
    const listener = { assigned: () => undefined, revoked: async () => undefined };
    const rest = { paused: async () => undefined, resumed: () => undefined };
    const membership = await log.join(names.group, names.topics, { ...listener, ...rest });
    const now = Date.now;
    Date.now = () => now() - 3_600_000;
    onTestFinished(() => {
      Date.now = now;
    });
    const { describe } = await admin();
    const until = performance.now() + 2500;
    // Well past a session.
    while (performance.now() < until) {
      await membership.heartbeat();
      expect((await describe(names.group)).members).toHaveLength(1);
    }
  });
});

describe('a process', () => {
  it('ends by itself after close(), although it polled, wrote and was a member', async () => {
    const names = uniqueNames();
    await makeTopics(openLog(brokers), names, TASKS);
    const { child, heard } = startMember(names);
    await heard('ready');
    child.send('leave');
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(0);
  });
});
