/**
 * `npm run topics -- create`: makes the topics that are missing, and looks at all of them. It changes none: where one
 * that is there differs from what was asked for, nothing is made, so that nothing is made by half.
 */
import type { NewTopic, TopicFacts } from '../../ports/topic-admin.js';
import { UserError } from '../../terminal/user-error.js';
import type { ToolSession } from '../session.js';
import { type Asked, unmet } from './asked.js';
import { lookedUp, showTopics } from './verify.js';
import { INPUT_ROLES, type Role, settingsFor } from './wanted.js';

export interface CreateOptions extends Asked {
  readonly dryRun?: true;
}

/** Where nobody says otherwise: as many as make sense, three at most. */
const REPLICAS = 3;

/** @throws Unfit when something that exists is not as it should be, or as it was asked for */
export async function createTopics(session: ToolSession, options: CreateOptions): Promise<void> {
  const { print } = session;
  if (session.config.log === 'embedded') await session.log(options.dryRun ? 'present' : 'make');
  const situation = await lookedUp(session);
  const missing = plan(session, options, situation.facts, situation.brokers, situation.internal);
  const differing = unmet(options, situation);
  if (differing.size > 0) {
    print('nothing is made: topics that are there differ from what was asked for');
    showTopics(situation, print, differing);
    return;
  }
  const admin = await session.admin();
  for (const topic of missing) {
    if (!options.dryRun) await admin.create(topic);
    print(`${topic.topic}: ${options.dryRun ? 'would be made' : 'made'}`);
  }
  const planned = missing.map(({ topic, partitions, replicas, settings }): [string, TopicFacts] => {
    return [topic, { partitions, replicas, settings }];
  });
  const facts = options.dryRun ? new Map([...situation.facts, ...planned]) : (await lookedUp(session)).facts;
  showTopics({ ...situation, facts }, print);
}

/** What has to be made. The inputs are made alike. */
function plan(
  { config }: Pick<ToolSession, 'config'>,
  options: CreateOptions,
  facts: ReadonlyMap<string, TopicFacts>,
  brokers: number,
  internal: string | undefined,
): readonly NewTopic[] {
  const { topics } = config;
  const ofInputs = INPUT_ROLES.map((role) => facts.get(topics[role])?.partitions).find((count) => count !== undefined);
  const replicas = options.replication ?? Math.min(REPLICAS, brokers);
  const minInsync = options.minInsync ?? (replicas > 1 ? 2 : 1);
  if (minInsync > replicas) {
    throw new UserError(`--min-insync ${minInsync} of --replication ${replicas}: then nothing could ever be written`);
  }
  const asked = options.partitions ?? config.partitions;
  const inputs = ofInputs ?? asked;
  const durable = { 'min.insync.replicas': String(minInsync) };
  const roles = (Object.keys(topics) as Role[]).filter((role) => !facts.has(topics[role]));
  const made = roles.map((role): NewTopic => {
    const partitions = INPUT_ROLES.some((input) => input === role) ? inputs : asked;
    return {
      topic: topics[role],
      partitions,
      replicas,
      settings: { ...settingsFor(role, options.retention), ...durable },
    };
  });
  if (internal === undefined || facts.has(internal)) return made;
  return [...made, { topic: internal, partitions: inputs, replicas, settings: durable }];
}
