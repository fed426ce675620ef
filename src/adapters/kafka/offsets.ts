/**
 * Committed offsets of a group, and the sentinel that makes a reading of them count.
 *
 * Right after a transaction a fetch of offsets may be stale, even torn between two topics. So a take-over commits an
 * offset of its own, with its token in the metadata, to a topic that the group does not consume: only a fetch that shows
 * it shows everything that was committed before it.
 */
import type { Position, Task, TaskTopics } from '../../ports/log.js';
import type { Cluster } from './internals.js';

/** The topic whose offsets are sentinels. It holds no records. */
export function sentinelTopic(group: string): string {
  return `${group}.tasks`;
}

export interface CommittedOffsets {
  readonly interactions: number | undefined;
  readonly profiles: number | undefined;
  /** Token of the last owner whose sentinel shows. */
  readonly token: string | undefined;
}

/** ONE fetch. */
export async function fetchCommitted(
  cluster: Cluster,
  group: string,
  topics: TaskTopics,
  { partition }: Task,
): Promise<CommittedOffsets> {
  const coordinator = await cluster.findGroupCoordinator({ groupId: group });
  const names = [topics.interactions, topics.profiles, sentinelTopic(group)];
  const { responses } = await coordinator.offsetFetch({
    groupId: group,
    topics: names.map((topic) => ({ topic, partitions: [{ partition }] })),
  });
  const of = (name: string) => {
    const found = responses.find(({ topic }) => topic === name)?.partitions[0];
    return found && Number(found.offset) >= 0 ? found : undefined;
  };
  const offset = (name: string): number | undefined => {
    const found = of(name);
    return found && Number(found.offset);
  };
  return {
    interactions: offset(topics.interactions),
    profiles: offset(topics.profiles),
    token: of(sentinelTopic(group))?.metadata,
  };
}

export interface OffsetToCommit {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly metadata: string;
}

/** The offsets of a position. */
export function positionOffsets(topics: TaskTopics, { partition }: Task, to: Position): readonly OffsetToCommit[] {
  return [
    { topic: topics.interactions, partition, offset: String(to.interactions), metadata: '' },
    { topic: topics.profiles, partition, offset: String(to.profiles), metadata: '' },
  ];
}

export function sentinelOffset(group: string, { partition }: Task, token: string): OffsetToCommit {
  return { topic: sentinelTopic(group), partition, offset: '0', metadata: token };
}
