/**
 * `npm run lists -- refresh`: a profile event of mode `refresh` for each chosen user, written as any producer would. It
 * changes nothing and owes a list, so new lists come by the log alone, each once, with the service's own guarantee.
 *
 * Users of a partition go in the order of their hashes, in portions that are written together with how far they reach.
 * So a run that was interrupted goes on where it was, also when users have come or gone meanwhile. A run has a name, and
 * its events have ids of it: a user who is chosen twice in one run gets one list.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Encoder } from '../../events/codec.js';
import type { ProfileEvent } from '../../events/events.js';
import type { Log, OutgoingRecord } from '../../ports/log.js';
import { createProgress, groups, type ProgressLine } from '../../terminal/progress.js';
import { UserError } from '../../terminal/user-error.js';
import type { ToolSession } from '../session.js';
import { type Choice, chosenUsers } from './chosen.js';

export interface RefreshOptions extends Choice {
  readonly partition?: number;
  /** Users a second. */
  readonly rate: number;
  readonly run?: string;
}

/** Users written together. */
const PORTION = 500;

interface Refresh {
  readonly log: Log;
  readonly topic: string;
  readonly encoder: Encoder<ProfileEvent>;
  readonly run: string;
  /** Names the choice, since how far a run has come depends on it. */
  readonly choice: string;
  readonly rate: number;
  readonly signal: AbortSignal;
  readonly progress: ProgressLine;
  readonly startedAt: number;
}

export async function refreshLists(session: ToolSession, options: RefreshOptions): Promise<void> {
  const { config, print, signal } = session;
  const { profiles: topic } = config.topics;
  const run = options.run ?? `checkpoint-${(await (await session.checkpoints()).list()).at(-1) ?? 0}`;
  if (!/^[\w.-]{1,60}$/.test(run))
    throw new UserError(`"${run}" cannot name a run: use letters, digits, ".", "_", "-"`);
  const log = await session.log();
  const partitions = (await log.extents(topic)).length;
  const { partition: only } = options;
  if (only !== undefined && only >= partitions)
    throw new UserError(`there is no partition ${only}: "${topic}" has 0 to ${partitions - 1}`);
  const usersOf = await chosenUsers(session, options, partitions);
  const encoder = await (await session.wire()).encoder('profile-event', topic);
  const progress = createProgress({ label: 'refresh', unit: 'users' });
  const refresh = { log, topic, encoder, run, rate: options.rate, signal, progress, startedAt: performance.now() };
  const counts = { written: 0, before: 0 };
  for (let partition = 0; partition < partitions; partition += 1) {
    if (only !== undefined && partition !== only) continue;
    const users = await usersOf(partition);
    const choice = options.all === true ? 'all' : digest([...users].sort().join('\n')).slice(0, 12);
    const written = await refreshPartition({ ...refresh, choice }, partition, users, counts.written);
    counts.written += written;
    counts.before += users.size - written;
  }
  progress.end();
  const before =
    counts.before === 0 ? '' : `; ${groups(counts.before)} had been before (another --run makes them again)`;
  print(
    `${groups(counts.written)} new lists asked for in run "${run}"${before}: the service makes them as it reads "${topic}"`,
  );
}

/** @param before users written in other partitions @returns users written */
async function refreshPartition(
  refresh: Refresh,
  partition: number,
  users: ReadonlySet<string>,
  before: number,
): Promise<number> {
  const { log, topic, run, choice, signal, progress } = refresh;
  const source = `lists.${topic}.${partition}.${run}.${choice}`;
  const done = await log.progress(source);
  const placed = [...users].map((userId) => ({ userId, place: placeOf(userId) })).filter(({ place }) => place >= done);
  placed.sort((a, b) => a.place - b.place);
  let written = 0;
  for (let start = 0; start < placed.length; ) {
    signal.throwIfAborted();
    const portion = portionOf(placed, start, Math.min(PORTION, refresh.rate));
    await log.append(
      portion.map(({ userId }) => eventOf(refresh, userId)),
      { source, done: (portion.at(-1)?.place ?? 0) + 1 },
    );
    start += portion.length;
    written += portion.length;
    progress.tick(before + written);
    await pace(refresh, before + written);
  }
  return written;
}

interface Placed {
  readonly userId: string;
  readonly place: number;
}

/** About `size` users, no place of theirs divided. */
function portionOf(placed: readonly Placed[], start: number, size: number): readonly Placed[] {
  let end = Math.min(start + size, placed.length);
  while (end < placed.length && placed[end]?.place === placed[end - 1]?.place) end += 1;
  return placed.slice(start, end);
}

function eventOf({ topic, encoder, run }: Refresh, userId: string): OutgoingRecord {
  const value = encoder.encode({
    eventId: `refresh-${run}-${digest(userId).slice(0, 24)}`,
    userId,
    mode: 'refresh',
    gains: {},
    expiresAt: null,
    preset: null,
    expectedVersion: null,
    occurredAt: Date.now(),
  });
  return { topic, key: Buffer.from(userId), value };
}

/** Waits until so many users may have been written at the rate. */
async function pace({ rate, startedAt, signal }: Refresh, written: number): Promise<void> {
  const ahead = startedAt + (written / rate) * 1000 - performance.now();
  if (ahead <= 0) return;
  await sleep(ahead, undefined, { signal }).catch(() => signal.throwIfAborted());
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** 48 bits of the id's hash: what a log can keep as progress. */
const placeOf = (userId: string): number => Number.parseInt(digest(userId).slice(0, 12), 16);
