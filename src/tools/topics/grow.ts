/**
 * Moves the inputs of a group into topics with more partitions, where each user lies elsewhere, so that lists go on
 * exactly where they ended:
 *
 *   1. fence every task of the old group and read where its lists ended (the settled position)
 *   2. copy what is settled, partition by partition: new states heal from it, without lists
 *   3. look again: nobody may have moved the old group on
 *   4. commit the ends of the new topics as the new group's start: what is settled has its lists already
 *   5. copy the rest: its lists are the new group's to make
 *
 * Every portion is copied with its progress in one transaction of the log, so a move that was interrupted goes on when
 * it is run again, and copies nothing twice. A record keeps its timestamp, and a user's records their order, since all
 * of them come from one partition.
 */
import { partitionOf } from '../../events/murmur2.js';
import { TaskStopped } from '../../ports/errors.js';
import type { Log, LogRecord, Position, TaskTopics } from '../../ports/log.js';
import { offsetAfter, samePosition, START } from '../../stream/position.js';
import { UserError } from '../../terminal/user-error.js';
import { INPUT_ROLES } from './wanted.js';

export interface Side {
  readonly group: string;
  readonly topics: TaskTopics;
  /** Those that its states are made with: one a task. */
  readonly partitions: number;
}

export interface Move {
  readonly log: Log;
  readonly from: Side;
  readonly to: Side;
  readonly signal: AbortSignal;
  /** Told of every portion. */
  readonly onCopied: (records: number) => void;
}

export interface Moved {
  /** Records copied by this run. */
  readonly settled: number;
  /** Of these the new group makes the lists. */
  readonly rest: number;
  /** Settled records that lay on a wrong partition: they were dead letters, and a right place would revive them. */
  readonly leftOut: number;
}

type Part = 'settled' | 'rest';

const PORTION = 5000;

/**
 * Where the lists of each task of a group ended, read so that no earlier owner can move it on unseen. Partitions that
 * the inputs were given under the group are no task's: of them it has read nothing.
 */
export async function settledPositions(log: Log, side: Side): Promise<readonly Position[]> {
  const settled = await forEachTask(side, (partition) => settledPosition(log, side, partition));
  const counts = await Promise.all(INPUT_ROLES.map(async (role) => (await log.extents(side.topics[role])).length));
  return Array.from({ length: Math.max(...counts) }, (_, partition) => settled[partition] ?? START);
}

async function settledPosition(log: Log, { group, topics }: Side, partition: number): Promise<Position> {
  const taskLog = await log.takeOver(group, topics, { partition }, crypto.randomUUID(), 'none');
  try {
    return await taskLog.settled();
  } finally {
    await taskLog.close();
  }
}

/** @param settled of `from`, as settledPositions told them */
export async function move(options: Move, settled: readonly Position[]): Promise<Moved> {
  const { log, from, to } = options;
  const hasBegun = await begun(log, to);
  if (!hasBegun) await refuseForeign(options);
  const first = await copy(options, 'settled', settled, hasBegun);
  const now = await settledPositions(log, from);
  if (!now.every((position, partition) => samePosition(position, settled[partition] ?? position))) {
    throw new UserError(`group "${from.group}" moved on meanwhile: stop its service, then run the same command again`);
  }
  await startAtEnd(log, to);
  const rest = await copy(options, 'rest', settled, false);
  return { settled: first.copied, rest: rest.copied, leftOut: first.leftOut };
}

/** Copies one part of every partition. @param isOver nothing of it may be left: the new group has begun after it */
async function copy(options: Move, part: Part, settled: readonly Position[], isOver: boolean) {
  const counts = { copied: 0, leftOut: 0 };
  for (const role of INPUT_ROLES) {
    for (const [partition, position] of settled.entries()) {
      const { first, end } = (await options.log.extents(options.from.topics[role]))[partition] ?? { first: 0, end: 0 };
      const [start, stop] = part === 'settled' ? [first, position[role]] : [position[role], end];
      const done = await copyPartition(options, { role, partition, part, start, stop, isOver });
      counts.copied += done.copied;
      counts.leftOut += done.leftOut;
    }
  }
  return counts;
}

interface Stretch {
  readonly role: keyof TaskTopics;
  readonly partition: number;
  readonly part: Part;
  readonly start: number;
  readonly stop: number;
  readonly isOver: boolean;
}

async function copyPartition({ log, from, to, signal, onCopied }: Move, stretch: Stretch) {
  const { role, partition, part, start, stop, isOver } = stretch;
  const source = progressOf(to, role, partition, part);
  const counts = { copied: 0, leftOut: 0 };
  let at = Math.max(start, await log.progress(source));
  while (at < stop) {
    signal.throwIfAborted();
    const chunk = await log.read(from.topics[role], partition, at, PORTION);
    const { records, first } = chunk;
    const where = `"${from.topics[role]}" ${partition}`;
    if (first > at) throw new UserError(`${where} lost records before ${first} meanwhile`);
    const wanted = records.filter(({ offset }) => offset < stop);
    const kept = part === 'rest' ? wanted : wanted.filter((record) => isWellPlaced(record, from.partitions));
    if (kept.length > 0 && isOver) {
      throw new UserError(
        `group "${from.group}" went on after the move to "${to.topics[role]}": ${kept.length} or more records have lists ` +
          'of both groups to come. Begin again with another suffix, and with the new topics unused',
      );
    }
    at = Math.min(offsetAfter(chunk, at, where), stop);
    await log.append(
      kept.map(({ key, value, timestamp }) => ({ topic: to.topics[role], key, value, timestamp })),
      { source, done: at },
    );
    counts.copied += kept.length;
    counts.leftOut += wanted.length - kept.length;
    onCopied(kept.length);
  }
  return counts;
}

function isWellPlaced({ key, partition }: LogRecord, partitions: number): boolean {
  return key !== null && partitionOf(key, partitions) === partition;
}

function progressOf({ topics }: Side, role: keyof TaskTopics, partition: number, part: Part): string {
  return `grow.${topics[role]}.${partition}.${part}`;
}

/** Whether any task of the new group has a position already. */
async function begun(log: Log, side: Side): Promise<boolean> {
  const positions = await forEachTask(side, async (partition) => {
    try {
      return await settledPosition(log, side, partition);
    } catch (error) {
      if (error instanceof TaskStopped && error.reason === 'marker-without-offset') return undefined;
      throw error;
    }
  });
  return positions.some((position) => position !== undefined);
}

/** Records in the new topics that no move wrote would come to lie before the new group's start, without lists. */
async function refuseForeign({ log, from, to }: Move): Promise<void> {
  for (const role of INPUT_ROLES) {
    const extents = await log.extents(to.topics[role]);
    if (extents.every(({ end }) => end === 0)) continue;
    const sources = Array.from({ length: from.partitions }, (_, partition) =>
      progressOf(to, role, partition, 'settled'),
    );
    const done = await Promise.all(sources.map((source) => log.progress(source)));
    if (done.some((offset) => offset > 0)) continue;
    throw new UserError(
      `"${to.topics[role]}" holds records already that no move wrote: choose another suffix, and let producers write to ` +
        'the new topics only after the move',
    );
  }
}

async function startAtEnd(log: Log, side: Side): Promise<void> {
  await forEachTask(side, async (partition) => {
    const taskLog = await log.takeOver(side.group, side.topics, { partition }, crypto.randomUUID(), 'latest');
    await taskLog.close();
  });
}

async function forEachTask<T>({ partitions }: Side, work: (partition: number) => Promise<T>): Promise<readonly T[]> {
  const results: T[] = [];
  for (let partition = 0; partition < partitions; partition += 1) results.push(await work(partition));
  return results;
}
