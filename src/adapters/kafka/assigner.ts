/**
 * The kafkajs assigner of tasks: interactions-p and profiles-p go to the same member, which kafkajs's own one does not
 * care for. Each member says in its metadata what it owns, so that a rebalance moves little.
 */
import kafkajs, { type Assigner, type GroupMember } from 'kafkajs';
import type { TaskTopics } from '../../ports/log.js';
import { assignTasks, type Candidate } from './assign-tasks.js';

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;
const NAME = 'steerstream-tasks';
const VERSION = 1;

export interface Owned {
  readonly tasks: readonly number[];
  readonly generation: number;
}

/** `owned` and `partitions` are asked anew at every rebalance. */
export function taskAssigner(topics: TaskTopics, partitions: () => number, owned: () => Owned): Assigner {
  return {
    name: NAME,
    version: VERSION,
    protocol: ({ topics: names }) => ({
      name: NAME,
      metadata: MemberMetadata.encode({
        version: VERSION,
        topics: names,
        userData: Buffer.from(JSON.stringify(owned())),
      }),
    }),
    assign: async ({ members }) => {
      const assigned = assignTasks(members.map(candidate), partitions());
      return [...assigned].map(([memberId, tasks]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version: VERSION,
          assignment: { [topics.interactions]: [...tasks], [topics.profiles]: [...tasks] },
          userData: Buffer.alloc(0),
        }),
      }));
    },
  };
}

/** A member whose account of itself cannot be read owns nothing. */
function candidate({ memberId, memberMetadata }: GroupMember): Candidate {
  try {
    const { userData } = MemberMetadata.decode(memberMetadata) ?? {};
    const { tasks, generation } = JSON.parse(String(userData)) as Owned;
    return {
      id: memberId,
      owned: tasks.filter(Number.isInteger),
      generation: Number.isInteger(generation) ? generation : 0,
    };
  } catch {
    return { id: memberId, owned: [], generation: 0 };
  }
}
