import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { OutcomeUnknown, OwnershipLost, TopicMissing, Unavailable } from '../../ports/errors.js';
import { patiently, translate } from './errors.js';
import { createErrorFromCode } from './internals.js';

/** As kafkajs wraps what it gave up to repeat. */
function wrapped(code: number): Error {
  return new kafkajs.KafkaJSNumberOfRetriesExceeded(createErrorFromCode(code), { retryCount: 3, retryTime: 5 });
}

describe('translate', () => {
  it.each([
    ['a producer of an older epoch', 47],
    ['a transaction that was ended by its timeout', 48],
    ['a producer id that the broker forgot', 49],
    ['an unknown producer id', 59],
    ['numbers that do not follow each other', 45],
  ])('takes %s as lost ownership, however deep it lies', (_, code) => {
    expect(translate(createErrorFromCode(code), 'commit')).toBeInstanceOf(OwnershipLost);
    expect(translate(wrapped(code), 'commit')).toBeInstanceOf(OwnershipLost);
  });

  it('says what could not be done, and why', () => {
    const error = translate(wrapped(6), 'read "t"');
    expect(error).toBeInstanceOf(Unavailable);
    expect((error as Error).message).toMatch(/^Kafka could not read "t": .*leader/);
  });

  it.each([
    ['a record too large', 10, /max\.message\.bytes/],
    ['a topic without rights', 29, /TOPIC_AUTHORIZATION_FAILED.*grant/],
    ['a group without rights', 30, /GROUP_AUTHORIZATION_FAILED.*grant/],
  ])('says what to do about %s', (_, code, remedy) => {
    expect((translate(wrapped(code), 'write') as Error).message).toMatch(remedy);
  });

  it('takes errors of the network as unavailable', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    expect(translate(refused, 'connect')).toBeInstanceOf(Unavailable);
  });

  it('lets ours and faults pass', () => {
    const ours = [
      new Unavailable('x'),
      new OwnershipLost('x'),
      new TopicMissing('t'),
      new OutcomeUnknown('x', { cause: createErrorFromCode(7) }),
      new TypeError('x is not a function'),
    ];
    for (const error of ours) expect(translate(error, 'read')).toBe(error);
  });
});

describe('patiently', () => {
  it('tries again what passes, and not what does not', async () => {
    let calls = 0;
    const passing = (): Promise<string> =>
      (calls += 1) < 3 ? Promise.reject(createErrorFromCode(15)) : Promise.resolve('found');
    expect(await patiently('look', passing)).toBe('found');
    expect(calls).toBe(3);

    calls = 0;
    const lasting = (): Promise<string> => {
      calls += 1;
      return Promise.reject(createErrorFromCode(30));
    };
    await expect(patiently('look', lasting)).rejects.toThrow(Unavailable);
    expect(calls).toBe(1);
  });
});
