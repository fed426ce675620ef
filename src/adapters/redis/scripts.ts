/**
 * What runs inside Redis. A script is one atomic step there: nobody sees half of it, and replicas get it whole.
 *
 * Each looks at the token (and the marker) before it changes anything. They pass lists on in pieces of 1,000, since
 * Lua's `unpack` fails at about 8,000.
 */
import type { ClientContext, Result } from 'ioredis';
import type { RedisClient } from './connection.js';

/** KEYS[1] is the task; ARGV[1] the token; ARGV[2] the marker. Answers a list that begins with `ok` or a refusal. */
const FENCE = `
local owner = redis.call('HMGET', KEYS[1], 'token', 'marker')
if owner[1] ~= ARGV[1] then return {'token'} end`;
const AT_MARKER = `
if (owner[2] or '0:0') ~= ARGV[2] then return {'marker'} end`;

const MARKER = `${FENCE}
return {'ok', owner[2]}`;

/** KEYS[2..]: users. Answers their states, in pieces. */
const READ = `${FENCE}${AT_MARKER}
local answer = {'ok'}
for i = 2, #KEYS, 1000 do
  answer[#answer + 1] = redis.call('MGET', unpack(KEYS, i, math.min(i + 999, #KEYS)))
end
return answer`;

/**
 * KEYS[2]: due; KEYS[3..]: users. ARGV[3]: the next marker; ARGV[4]: how many users of due go; then the states, in the
 * order of KEYS, the users that go, and (time, user) of those that come.
 *
 * Redis refuses single commands of a script (memory, replicas, rights) and does not take back what ran before. So the
 * first change is none: the token again. What could be refused after it leaves at most times of due behind, which the
 * same records set again when they are healed.
 */
const WRITE = `${FENCE}${AT_MARKER}
redis.call('HSET', KEYS[1], 'token', ARGV[1])
local states = #KEYS - 2
local removed = states + 5
local added = removed + tonumber(ARGV[4])
for i = added, #ARGV, 1000 do redis.call('ZADD', KEYS[2], unpack(ARGV, i, math.min(i + 999, #ARGV))) end
for i = removed, added - 1, 1000 do redis.call('ZREM', KEYS[2], unpack(ARGV, i, math.min(i + 999, added - 1))) end
for i = 1, states do redis.call('SET', KEYS[i + 2], ARGV[i + 4]) end
redis.call('HSET', KEYS[1], 'marker', ARGV[3])
return {'ok'}`;

/** KEYS[2]: due. ARGV[2]: now; ARGV[3]: how many. */
const DUE = `${FENCE}
return {'ok', redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[2], 'WITHSCORES', 'LIMIT', 0, ARGV[3])}`;

/** INFO and not CONFIG GET: managed services forbid the latter, and from a script it asks the node of our keys. */
const POLICY = `
local policy = 'unknown'
local info = redis.pcall('INFO', 'memory')
if type(info) == 'string' then policy = string.match(info, 'maxmemory_policy:([%w-]+)') or policy end
if policy ~= 'noeviction' and policy ~= 'unknown' then return {'policy', policy} end`;

/** KEYS[1]: the layout; ARGV[1]: ours. Answers the one that counts. */
const LAYOUT = `${POLICY}
redis.call('SETNX', KEYS[1], ARGV[1])
return {'ok', policy, redis.call('GET', KEYS[1])}`;

/** KEYS[1]: the task. ARGV[1]: token; ARGV[2]: layout. */
const CLAIM = `${POLICY}
local layout = redis.call('HGET', KEYS[1], 'layout')
if layout and layout ~= ARGV[2] then return {'layout', layout} end
redis.call('HSET', KEYS[1], 'token', ARGV[1], 'layout', ARGV[2])
return {'ok', policy}`;

type Argument = string | number | Buffer;

declare module 'ioredis' {
  interface RedisCommander<Context extends ClientContext> {
    steerMarker(...args: Argument[]): Result<unknown, Context>;
    steerReadBuffer(...args: Argument[]): Result<unknown, Context>;
    steerWrite(...args: Argument[]): Result<unknown, Context>;
    steerDue(...args: Argument[]): Result<unknown, Context>;
    steerLayout(...args: Argument[]): Result<unknown, Context>;
    steerClaim(...args: Argument[]): Result<unknown, Context>;
  }
}

/**
 * Makes the scripts commands of the client: it sends a script's hash, and the script itself to a server that does not
 * know it (a new connection, a restart, a failover).
 */
export function defineScripts(client: RedisClient): void {
  client.defineCommand('steerMarker', { lua: MARKER, numberOfKeys: 1 });
  client.defineCommand('steerRead', { lua: READ });
  client.defineCommand('steerWrite', { lua: WRITE });
  client.defineCommand('steerDue', { lua: DUE, numberOfKeys: 2 });
  client.defineCommand('steerLayout', { lua: LAYOUT, numberOfKeys: 1 });
  client.defineCommand('steerClaim', { lua: CLAIM, numberOfKeys: 1 });
}
