/** A broker that is killed, stopped and started again: its own, as others would suffer. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { KafkaLog } from '../../../src/adapters/kafka/kafka-log.js';
import { OutcomeUnknown, OwnershipLost, Unavailable } from '../../../src/ports/errors.js';
import type { Membership, TaskLog } from '../../../src/ports/log.js';
import { type KafkaServer, startKafka } from '../../services/kafka-server.js';
import {
  later,
  makeTopics,
  type Names,
  NEVER,
  openLog,
  readFrom,
  record,
  takeOver,
  uniqueNames,
  valuesOf,
} from './logs.js';

const WITHIN = { timeout: 20_000, interval: 20 };
/** A broker comes back within seconds, on a busy machine in more. */
const LONG = 60_000;

let kafka: KafkaServer;
beforeAll(async () => {
  kafka = await startKafka();
});
afterAll(() => kafka?.stop());

/** What a failure may be: each has its place in the loop, and no other reaches it. */
function isKnown(error: unknown): boolean {
  return error instanceof Unavailable || error instanceof OwnershipLost || error instanceof OutcomeUnknown;
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function joined(log: KafkaLog, { group, topics }: Names): Promise<{ membership: Membership; events: string[] }> {
  const events: string[] = [];
  const membership = await log.join(group, topics, {
    assigned: (tasks) => void events.push(`assigned ${tasks.length}`),
    revoked: async (tasks) => void events.push(`revoked ${tasks.length}`),
    paused: async () => void events.push('paused'),
    resumed: () => void events.push('resumed'),
  });
  return { membership, events };
}

/** As the loop does it: whatever fails, the ownership is thrown away and taken again. */
async function untilOwned(log: KafkaLog, names: Names, token: string): Promise<TaskLog> {
  let owner: TaskLog | undefined;
  await expect
    .poll(async () => {
      const failure = await failureOf(takeOver(log, names, token).then((taken) => (owner = taken)));
      return failure === undefined || (isKnown(failure) ? 'not yet' : failure);
    }, WITHIN)
    .toBe(true);
  return owner!;
}

describe('a broker that has just started', () => {
  it('is waited for by the first take-over and the first member', async () => {
    const names = uniqueNames();
    const log = openLog(kafka.brokers);
    await makeTopics(log, names);
    await (await takeOver(log, names, 'one')).settled();
    await (await joined(log, names)).membership.heartbeat();
  });
});

describe('a broker that dies', { timeout: LONG }, () => {
  it('makes everything unavailable, nothing worse, and all goes on when it is back', async () => {
    const names = uniqueNames();
    const log = openLog(kafka.brokers);
    await makeTopics(log, names);
    await log.append([record(names.topics.interactions, 'before')]);
    const { membership, events } = await joined(log, names);
    const owner = await takeOver(log, names, 'one');
    const from = await owner.settled();
    const first = await owner.poll(from, 10, 1000, NEVER);
    await owner.commit([record(names.outputs, 'list')], first.next);
    const waiting = failureOf(owner.poll(first.next, 10, 60_000, NEVER));

    await kafka.kill();
    const beat = membership.heartbeat();
    const calls = {
      poll: owner.poll(first.next, 10, 60_000, NEVER),
      commit: owner.commit([record(names.outputs, 'doubtful')], later(first.next)),
      settled: owner.settled(),
      takeOver: takeOver(log, names, 'two'),
      read: log.read(names.topics.interactions, 0, 0, 10),
      extents: log.extents(names.topics.interactions),
      append: log.append([record(names.outputs, 'lost')]),
      appendTwo: log.append([record(names.outputs, 'lost'), record(names.outputs, 'lost')]),
      progress: log.progress('x'),
      ensureTopic: log.ensureTopic(`${names.outputs}-2`, 1),
    };
    const failures = await Promise.all(
      Object.entries(calls).map(async ([name, call]) => [name, await failureOf(call)]),
    );
    for (const [name, failure] of [...failures, ['waiting', await waiting]]) {
      expect([name, failure, isKnown(failure)]).toEqual([name, failure, true]);
    }
    await owner.close();

    await kafka.start();
    await beat;
    await membership.heartbeat();
    // It was a member all the time: the group remembers it for a session's length, and its tasks stay.
    expect(events).toEqual(['assigned 1', 'resumed']);
    const again = await untilOwned(log, names, 'three');
    expect(await again.settled()).toEqual(first.next);
    await again.commit([record(names.outputs, 'after')], later(first.next));
    await log.append([record(names.topics.interactions, 'after')]);
    const polled = await again.poll(first.next, 10, 10_000, NEVER);
    expect(valuesOf(polled.records)).toEqual(['after']);
    expect(valuesOf(await readFrom(log, names.outputs, 0)).filter((value) => value !== 'lost')).toEqual([
      'list',
      'after',
    ]);
    expect(valuesOf(await readFrom(log, names.topics.interactions, 0))).toEqual(['before', 'after']);
  });

  it('while a task works loses and doubles nothing', async () => {
    const names = uniqueNames();
    const log = openLog(kafka.brokers);
    await makeTopics(log, names);
    const COUNT = 60;
    const outage = kafka.kill().then(() => kafka.start());
    const failures: unknown[] = [];
    for (let token = 0, done = false; !done; token += 1) {
      const owner = await untilOwned(log, names, `${token}`);
      try {
        let position = await owner.settled();
        while (position.interactions < COUNT) {
          position = later(position);
          await owner.commit([record(names.outputs, String(position.interactions))], position);
        }
        done = true;
      } catch (error) {
        failures.push(error);
      }
      await owner.close();
    }
    await outage;
    expect(failures.filter((error) => !isKnown(error))).toEqual([]);
    const expected = Array.from({ length: COUNT }, (_, index) => String(index + 1));
    await expect.poll(async () => valuesOf(await readFrom(log, names.outputs, 0)), WITHIN).toEqual(expected);
  });
});

describe('a broker that does not answer', () => {
  it('lets no heartbeat resolve before it answers one that was sent since', async () => {
    const names = uniqueNames();
    const log = openLog(kafka.brokers);
    await makeTopics(log, names);
    const { membership } = await joined(log, names);
    await membership.heartbeat();
    kafka.pause();
    let isResolved = false;
    const beat = membership.heartbeat().then(() => {
      isResolved = true;
    });
    // A read is sent, and is not answered either: by then a stale beat would have told.
    const read = failureOf(openLog(kafka.brokers).extents(names.outputs));
    for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
    expect(isResolved).toBe(false);
    kafka.resume();
    await beat;
    await read;
  });
});

describe('a producer that was idle for long', () => {
  it('is a lost ownership, and the next take-over goes on', async () => {
    // A broker of its own: it forgets transactions that the death of another left half decided, too.
    const forgetful = await startKafka({
      properties: {
        'transactional.id.expiration.ms': '1500',
        'transaction.remove.expired.transaction.cleanup.interval.ms': '100',
      },
    });
    onTestFinished(() => forgetful.stop());
    const names = uniqueNames();
    const log = openLog(forgetful.brokers);
    await makeTopics(log, names);
    const owner = await takeOver(log, names, 'one');
    const position = later(await owner.settled());
    await owner.commit([], position);
    const looks = { timeout: 20_000, interval: 2500 };
    // A commit that comes in time makes the producer young again.
    await expect.poll(() => failureOf(owner.commit([], position)), looks).toBeInstanceOf(OwnershipLost);
    expect(await (await takeOver(log, names, 'two')).settled()).toEqual(position);
  });
});
