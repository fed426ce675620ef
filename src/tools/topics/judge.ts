/** Holds topics as they are against what they should be. Pure. */
import type { Config } from '../../config.js';
import type { TopicFacts } from '../../ports/topic-admin.js';
import { INPUT_ROLES, type Role, type Rule, RULES } from './wanted.js';

export interface Finding {
  readonly weight: 'wrong' | 'note';
  /** What is the matter, and why it matters. */
  readonly text: string;
  /** The command, or the step, that sets it right. */
  readonly remedy: string;
}

export interface JudgedTopic {
  readonly topic: string;
  /** Undefined: it does not exist. */
  readonly facts: TopicFacts | undefined;
  readonly findings: readonly Finding[];
}

export interface Situation {
  readonly topics: Config['topics'];
  /** Where the group keeps its sentinels, on logs that have such a topic. */
  readonly internal: string | undefined;
  readonly facts: ReadonlyMap<string, TopicFacts>;
  readonly brokers: number;
  /** `host:port` for the commands that are shown. */
  readonly bootstrap: string;
}

const CREATE = 'npm run topics -- create';

/** The configured topics in their order, then the internal one. */
export function judge(situation: Situation): readonly JudgedTopic[] {
  const { topics, facts, internal } = situation;
  const roles = Object.keys(topics) as Role[];
  const judged = roles.map((role): JudgedTopic => {
    const topic = topics[role];
    const found = facts.get(topic);
    return { topic, facts: found, findings: found ? judgeOne(role, topic, found, situation) : [MISSING] };
  });
  return internal === undefined ? judged : [...judged, judgeInternal(internal, situation)];
}

const MISSING: Finding = { weight: 'wrong', text: 'it does not exist', remedy: CREATE };

function judgeOne(role: Role, topic: string, facts: TopicFacts, situation: Situation): readonly Finding[] {
  return [
    ...(role === 'profiles' ? copartitioned(facts, situation) : []),
    ...spread(facts, situation),
    ...RULES[role].flatMap((rule) => broken(rule, topic, facts, situation)),
  ];
}

function copartitioned({ partitions }: TopicFacts, { topics, facts }: Situation): readonly Finding[] {
  const other = facts.get(topics.interactions)?.partitions;
  if (other === undefined || other === partitions) return [];
  const more = Math.max(other, partitions);
  return [
    {
      weight: 'wrong',
      text:
        `it has ${partitions} partitions and "${topics.interactions}" ${other}: a user must lie on the same partition of ` +
        'both, and the service does not start',
      remedy: `delete the one of them that is still empty, then ${CREATE}; where both hold records, make new topics by npm run topics -- grow --partitions ${more} --suffix .v2`,
    },
  ];
}

function spread({ replicas }: TopicFacts, { brokers }: Situation): readonly Finding[] {
  if (replicas !== 1 || brokers === 1) return [];
  return [
    {
      weight: 'note',
      text: `it has one replica on a cluster of ${brokers} brokers: with the broker that has a partition, all of it is lost`,
      remedy: 'kafka-reassign-partitions.sh with more replicas for each partition',
    },
  ];
}

function broken(
  { setting, fits, should, why, weight }: Rule,
  topic: string,
  facts: TopicFacts,
  { bootstrap }: Situation,
) {
  const value = facts.settings[setting];
  if (value === undefined || fits(value, facts)) return [];
  const right = should(facts);
  const remedy = alterCommand(bootstrap, topic, setting, right);
  return [{ weight, text: `${setting} is ${value}, not ${right}: ${why}`, remedy }];
}

export function alterCommand(bootstrap: string, topic: string, setting: string, value: string): string {
  const shown = value.includes(',') ? `[${value}]` : value;
  return (
    `kafka-configs.sh --bootstrap-server ${bootstrap} --alter --entity-type topics --entity-name ${topic} ` +
    `--add-config ${setting}=${shown}`
  );
}

/** It holds no records, so nothing but its partitions matters. */
function judgeInternal(topic: string, { topics, facts, bootstrap }: Situation): JudgedTopic {
  const found = facts.get(topic);
  const needed = Math.max(...INPUT_ROLES.map((role) => facts.get(topics[role])?.partitions ?? 0));
  if (found === undefined) return { topic, facts: found, findings: [MISSING] };
  if (found.partitions >= needed) return { topic, facts: found, findings: [] };
  const text = `it has ${found.partitions} partitions, fewer than the ${needed} of the inputs: the service does not start`;
  const remedy =
    `where the inputs were given more under the group: npm run topics -- grow --partitions ${needed} --suffix .v2 --with-lag; ` +
    `where they were made anew: kafka-topics.sh --bootstrap-server ${bootstrap} --alter --topic ${topic} --partitions ${needed}`;
  return { topic, facts: found, findings: [{ weight: 'wrong', text, remedy }] };
}
