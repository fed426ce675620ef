import { describe, expect, it } from 'vitest';
import { OutcomeUnknown, Unavailable } from '../../ports/errors.js';
import { translate } from './redis-errors.js';

function reply(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' });
}

describe('an error of Redis', () => {
  it.each([
    "OOM command not allowed when used memory > 'maxmemory'. script: 0ae, on @user_script:8.",
    "ERR Error running script (call to f_0ae): @user_script:8: -OOM command not allowed when used memory > 'maxmemory'.",
    'LOADING Redis is loading the dataset in memory',
    "READONLY You can't write against a read only replica.",
    'CLUSTERDOWN The cluster is down',
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    'TRYAGAIN Multiple keys request during rehashing of slot',
    'NOREPLICAS Not enough good replicas to write.',
    'BUSY Redis is busy running a script.',
    'MISCONF Redis is configured to save RDB snapshots, but it is currently not able to persist on disk.',
    'NOAUTH Authentication required.',
    'WRONGPASS invalid username-password pair or user is disabled.',
    "NOPERM this user has no permissions to run the 'evalsha' command",
    "ERR The user executing the script can't run this command or subcommand script: 0ae, on @user_script:8.",
    'ERR max number of clients reached',
  ])('that refuses a call makes the store unavailable, for writes too: %s', (message) => {
    const translated = translate(reply(message), 'write');
    expect(translated).toBeInstanceOf(Unavailable);
    expect(translated.message).toContain(message);
  });

  it('that is no refusal is a fault, and stays what it is', () => {
    const error = reply("ERR unknown command 'STEER'");
    expect(translate(error, 'write')).toBe(error);
  });

  it('that finds another kind of value stops the task, and names the key', () => {
    const error = reply('WRONGTYPE Operation against a key holding the wrong kind of value');
    const command = { name: 'evalsha', args: ['0ae', '2', '{n:3}:task', '{n:3}:u:ann', 'token'] };
    const translated = translate(Object.assign(error, { command }), 'write');
    expect(translated).toMatchObject({ name: 'TaskStopped', reason: 'state-unreadable' });
    expect(translated.message).toContain('({n:3}:task): WRONGTYPE');
  });

  it.each(['Connection is closed.', 'Reached the max retries per request limit (which is 0).', 'read ECONNRESET'])(
    'without an answer leaves open whether a write happened: %s',
    (message) => {
      expect(translate(new Error(message), 'write')).toBeInstanceOf(OutcomeUnknown);
      expect(translate(new Error(message), 'read')).toBeInstanceOf(Unavailable);
    },
  );

  it.each([
    "Stream isn't writeable and enableOfflineQueue options is false",
    'Too many Cluster redirections. Last error: ReplyError: TRYAGAIN',
  ])('about a command that was not executed is no doubt: %s', (message) => {
    expect(translate(new Error(message), 'write')).toBeInstanceOf(Unavailable);
  });
});
