/** Whose lists are refreshed: named on the command line, in a file, or all that have a state. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { MAX_ID_LENGTH } from '../../events/contracts.js';
import { partitionOf } from '../../events/murmur2.js';
import type { StateStore } from '../../ports/state-store.js';
import { UserError } from '../../terminal/user-error.js';
import type { ToolSession } from '../session.js';

export interface Choice {
  readonly users: readonly string[];
  readonly file?: string;
  readonly all?: boolean;
}

/** The users of a partition, each once; of a large store it takes a while. */
export type UsersOf = (partition: number) => Promise<ReadonlySet<string>>;

const STRETCH = 1000;

/** @throws UserError unless exactly one way of choosing is used, and every id is one */
export async function chosenUsers(session: ToolSession, choice: Choice, partitions: number): Promise<UsersOf> {
  const { users, file, all = false } = choice;
  const ways = [users.length > 0, file !== undefined, all].filter(Boolean).length;
  if (ways !== 1)
    throw new UserError('choose the users in one way: by their ids, by --file, or --all that have a state');
  if (all) {
    const store = await session.store();
    return (partition) => stored(store, partition, session.signal);
  }
  const named = file === undefined ? users : await linesOf(file);
  const wrong = named.find((userId) => userId === '' || userId.length > MAX_ID_LENGTH);
  if (wrong !== undefined)
    throw new UserError(`a user id has 1 to ${MAX_ID_LENGTH} characters, not ${wrong.length}: "${wrong.slice(0, 40)}"`);
  const byPartition = Map.groupBy(new Set(named), (userId) => partitionOf(Buffer.from(userId), partitions));
  return async (partition) => new Set(byPartition.get(partition));
}

async function stored(store: StateStore, partition: number, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  let cursor: string | undefined;
  do {
    signal.throwIfAborted();
    const { states, next } = await store.scan({ partition }, cursor, STRETCH);
    for (const { userId } of states) found.add(userId);
    cursor = next;
  } while (cursor !== undefined);
  return found;
}

async function linesOf(file: string): Promise<readonly string[]> {
  const lines: string[] = [];
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity }))
      if (line.trim() !== '') lines.push(line);
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (lines.length === 0) throw new UserError(`${file} names no user`);
  return lines;
}
