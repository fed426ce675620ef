/** Holds topics that are there against what `create` was asked for: it changes none, so it says what does. Pure. */
import type { TopicFacts } from '../../ports/topic-admin.js';
import { alterCommand, type Finding, type Situation } from './judge.js';
import { INPUT_ROLES, retentionMs } from './wanted.js';

export interface Asked {
  readonly partitions?: number;
  readonly replication?: number;
  readonly minInsync?: number;
  /** Days; of interactions. */
  readonly retention?: number;
}

/** By topic: every option that was given and differs from what is there. */
export function unmet(asked: Asked, situation: Situation): ReadonlyMap<string, readonly Finding[]> {
  const { topics, facts } = situation;
  const inputs: readonly string[] = INPUT_ROLES.map((role) => topics[role]);
  const found = [...facts].map(([topic, there]): [string, readonly Finding[]] => [
    topic,
    [
      ...(topic === situation.internal ? [] : partitions(asked, there, inputs.includes(topic))),
      ...replicas(asked, there),
      ...minInsync(asked, there, topic, situation),
      ...(topic === topics.interactions ? retention(asked, there, topic, situation) : []),
    ],
  ]);
  return new Map(found.filter(([, findings]) => findings.length > 0));
}

function wrong(text: string, remedy: string): readonly Finding[] {
  return [{ weight: 'wrong', text, remedy }];
}

function partitions({ partitions: asked }: Asked, there: TopicFacts, isInput: boolean): readonly Finding[] {
  if (asked === undefined || asked === there.partitions) return [];
  const text = `it has ${there.partitions} partitions, not the ${asked} of --partitions`;
  if (!isInput)
    return wrong(text, 'leave --partitions out, since any number serves here; or delete it while it is empty');
  if (asked > there.partitions) return wrong(text, `npm run topics -- grow --partitions ${asked} --suffix .v2`);
  return wrong(text, 'leave --partitions out: their number can only grow; or delete both inputs while they are empty');
}

function replicas({ replication: asked }: Asked, there: TopicFacts): readonly Finding[] {
  if (asked === undefined || there.replicas === undefined || asked === there.replicas) return [];
  return wrong(
    `it has ${there.replicas} replicas, not the ${asked} of --replication`,
    `kafka-reassign-partitions.sh with ${asked} replicas for each partition`,
  );
}

function minInsync(
  { minInsync: asked }: Asked,
  { settings, replicas: held = 1 }: TopicFacts,
  topic: string,
  { bootstrap }: Situation,
): readonly Finding[] {
  const setting = 'min.insync.replicas';
  const value = settings[setting];
  if (asked === undefined || value === undefined || Number(value) === asked) return [];
  const first = asked > held ? 'kafka-reassign-partitions.sh with as many replicas first, then ' : '';
  return wrong(
    `${setting} is ${value}, not the ${asked} of --min-insync`,
    first + alterCommand(bootstrap, topic, setting, String(asked)),
  );
}

function retention(
  { retention: asked }: Asked,
  { settings }: TopicFacts,
  topic: string,
  { bootstrap }: Situation,
): readonly Finding[] {
  const setting = 'retention.ms';
  const value = settings[setting];
  if (asked === undefined || value === undefined || value === retentionMs(asked)) return [];
  return wrong(
    `${setting} is ${value}, not the ${retentionMs(asked)} of --retention ${asked}`,
    alterCommand(bootstrap, topic, setting, retentionMs(asked)),
  );
}
