/** What the topics are made with, and what is looked for in those that exist (docs/operations.md, "Topics"). */
import type { Config } from '../../config.js';
import type { TopicFacts } from '../../ports/topic-admin.js';

export type Role = keyof Config['topics'];

export const INPUT_ROLES = ['interactions', 'profiles'] as const satisfies readonly Role[];

const DAY = 86_400_000;
const FOR_EVER = '-1';
/** Of lists and dead letters. */
const OUTPUT_DAYS = 30;
/** How far ahead a producer's clock may be, ms; and the most that a topic of somebody else may allow: Kafka's own. */
const AHEAD = 300_000;
const AHEAD_AT_MOST = 3_600_000;

/** Undefined: for ever. */
export function retentionMs(days: number | undefined): string {
  return days === undefined ? FOR_EVER : String(days * DAY);
}

/** Settings of a new topic. @param retentionDays of interactions; undefined: for ever */
export function settingsFor(role: Role, retentionDays: number | undefined): Readonly<Record<string, string>> {
  const input = { 'message.timestamp.type': 'CreateTime', 'message.timestamp.after.max.ms': String(AHEAD) };
  switch (role) {
    case 'interactions':
      return {
        'cleanup.policy': 'delete',
        'retention.ms': retentionMs(retentionDays),
        'retention.bytes': FOR_EVER,
        ...input,
      };
    case 'profiles':
      return { 'cleanup.policy': 'delete', 'retention.ms': FOR_EVER, 'retention.bytes': FOR_EVER, ...input };
    case 'catalogue':
      return { 'cleanup.policy': 'compact' };
    case 'recommendations':
      return { 'cleanup.policy': 'compact,delete', 'retention.ms': retentionMs(OUTPUT_DAYS) };
    case 'deadLetters':
      return { 'cleanup.policy': 'delete', 'retention.ms': retentionMs(OUTPUT_DAYS) };
  }
}

/** A setting that should be something else. */
export interface Rule {
  readonly setting: string;
  readonly fits: (value: string, facts: TopicFacts) => boolean;
  /** What to set it to. */
  readonly should: (facts: TopicFacts) => string;
  readonly why: string;
  /** A `note` is a choice whose price should be known. */
  readonly weight: 'wrong' | 'note';
}

function is(setting: string, should: string, why: string, weight: Rule['weight'] = 'wrong'): Rule {
  return { setting, should: () => should, why, weight, fits: (value) => policies(value) === policies(should) };
}

const EVERYWHERE: readonly Rule[] = [
  {
    setting: 'min.insync.replicas',
    fits: (value, { replicas = 1 }) => replicas === 1 || Number(value) > 1,
    should: () => '2',
    why: 'a write counts while a single broker has it, and is lost with that broker',
    weight: 'wrong',
  },
  {
    setting: 'min.insync.replicas',
    fits: (value, { replicas = 1 }) => Number(value) <= replicas,
    should: ({ replicas = 1 }) => String(replicas),
    why: 'there are fewer replicas, so nothing can be written at all',
    weight: 'wrong',
  },
  is('unclean.leader.election.enable', 'false', 'a broker that lags could lead, and what was committed would be lost'),
];

const INPUTS: readonly Rule[] = [
  is('cleanup.policy', 'delete', 'compaction leaves each user the newest record, of which no state can be made again'),
  is(
    'message.timestamp.type',
    'CreateTime',
    'the broker’s time would replace that of imported or moved history, by which seen items, erasures and splits count',
  ),
  {
    setting: 'message.timestamp.after.max.ms',
    fits: (value) => Number(value) <= AHEAD_AT_MOST,
    should: () => String(AHEAD),
    why: 'a producer whose clock is ahead could hold up a user’s later changes for as long',
    weight: 'wrong',
  },
];

const KEPT = 'merges need all of a user’s changes: what is deleted is missing when states are made again';
const PARTLY_KEPT = 'an emptied store can be healed only from what is left: keep snapshots (npm run state -- snapshot)';

/** What each topic's settings should be. */
export const RULES: Readonly<Record<Role, readonly Rule[]>> = {
  interactions: [
    ...INPUTS,
    is('retention.ms', FOR_EVER, PARTLY_KEPT, 'note'),
    is('retention.bytes', FOR_EVER, PARTLY_KEPT, 'note'),
    ...EVERYWHERE,
  ],
  profiles: [...INPUTS, is('retention.ms', FOR_EVER, KEPT), is('retention.bytes', FOR_EVER, KEPT), ...EVERYWHERE],
  catalogue: [
    is(
      'cleanup.policy',
      'compact',
      'every instance reads the catalogue whole: items may not go by age, and old versions need not stay',
    ),
    ...EVERYWHERE,
  ],
  recommendations: [
    is('cleanup.policy', 'compact,delete', 'who looks for a user’s newest list finds it, and old ones go', 'note'),
    ...EVERYWHERE,
  ],
  deadLetters: [
    is(
      'cleanup.policy',
      'delete',
      'a compacted topic refuses records without a key, and the task of such a record would stand still',
    ),
    ...EVERYWHERE,
  ],
};

/** Policies in any order are the same. */
function policies(value: string): string {
  return value.split(',').toSorted().join(',');
}
