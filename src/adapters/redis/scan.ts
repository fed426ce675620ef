/**
 * All states of a task, stretch by stretch. A script, so that a stretch and the marker are of the same moment, and so
 * that a Cluster asks the node which has the task. Redis looks through all its keys for those of one task, so a scan of
 * one task takes as long as one of all.
 */
import type { ClientContext, Result } from 'ioredis';
import type { ScannedStates } from '../../ports/state-store.js';
import type { UserState } from '../../state/user-state.js';
import type { RedisClient } from './connection.js';
import { parseMarker } from './keys.js';

/** KEYS[1]: the task. ARGV: cursor, pattern of its users, how many keys to look at. */
const SCAN = `
local found = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])
local keys = found[2]
local answer = {found[1], redis.call('HGET', KEYS[1], 'marker'), keys}
for i = 1, #keys, 1000 do
  answer[#answer + 1] = redis.call('MGET', unpack(keys, i, math.min(i + 999, #keys)))
end
return answer`;

const BEGINNING = '0';

declare module 'ioredis' {
  interface RedisCommander<Context extends ClientContext> {
    steerScanBuffer(...args: (string | number)[]): Result<unknown, Context>;
  }
}

export function defineScan(client: RedisClient): void {
  client.defineCommand('steerScan', { lua: SCAN, numberOfKeys: 1 });
}

/** A pattern of SCAN that means these characters and nothing else, and whatever follows. */
export function beginsWith(text: string): string {
  return `${text.replace(/[\\*?[\]]/g, '\\$&')}*`;
}

/** Asks until there is a state, or an end. `decode` is told the key that the bytes lie under. */
export async function scanned(
  ask: (cursor: string) => Promise<unknown>,
  decode: (bytes: Buffer, key: string) => UserState,
  cursor: string | undefined,
): Promise<ScannedStates> {
  let at = cursor ?? BEGINNING;
  for (;;) {
    const [next, marker, keys, ...pieces] = (await ask(at)) as [
      Buffer,
      Buffer | null,
      Buffer[],
      ...(Buffer | null)[][],
    ];
    // A key that went meanwhile has no value.
    const states = pieces.flat().flatMap((bytes, i) => (bytes === null ? [] : [decode(bytes, String(keys[i]))]));
    at = String(next);
    const isEnd = at === BEGINNING;
    if (states.length > 0 || isEnd) {
      return { marker: marker ? parseMarker(String(marker)) : undefined, states, next: isEnd ? undefined : at };
    }
  }
}
