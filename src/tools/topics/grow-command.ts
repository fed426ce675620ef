/** `npm run topics -- grow`: looks whether a move is safe, makes the new topics, moves, and says what to configure. */
import { TaskStopped } from '../../ports/errors.js';
import type { Position } from '../../ports/log.js';
import type { TopicAdmin, TopicFacts } from '../../ports/topic-admin.js';
import { createProgress } from '../../terminal/progress.js';
import { UserError } from '../../terminal/user-error.js';
import type { ToolSession } from '../session.js';
import { move, settledPositions, type Side } from './grow.js';
import { INPUT_ROLES, settingsFor } from './wanted.js';

export interface GrowOptions {
  readonly partitions: number;
  readonly suffix: string;
  readonly withLag?: true;
  readonly fromAvailable?: true;
}

/** What a new topic takes from the old one, whose records it must take too: their times, for one. */
const KEPT = [
  'cleanup.policy',
  'retention.ms',
  'retention.bytes',
  'min.insync.replicas',
  'max.message.bytes',
  'compression.type',
  'message.timestamp.after.max.ms',
] as const;

export async function growTopics(session: ToolSession, options: GrowOptions): Promise<void> {
  const { config, print, signal } = session;
  const { group, topics } = config;
  if (!/^[\w.-]{1,50}$/.test(options.suffix)) {
    throw new UserError(`--suffix "${options.suffix}" must be letters, digits, ".", "_" and "-", such as .v2`);
  }
  const log = await session.log();
  const admin = await session.admin();
  const facts = await admin.describe(INPUT_ROLES.map((role) => topics[role]));
  const internal = admin.internalTopic(group);
  const tasks = internal === undefined ? undefined : (await admin.describe([internal])).get(internal)?.partitions;
  const from = { group, topics, partitions: partitionsOf(session, facts, tasks, options) };
  const renamed = { interactions: topics.interactions + options.suffix, profiles: topics.profiles + options.suffix };
  const to: Side = { group: group + options.suffix, topics: renamed, partitions: options.partitions };
  const members = await admin.members(group);
  if (members > 0) {
    throw new UserError(
      `group "${group}" has ${members} members: stop its service first, or lists would be made twice`,
    );
  }
  const settled = await settledPositions(log, from).catch(explainStart(group));
  await checkLag(session, from, settled, options);
  await makeTopics(admin, facts, from, to);
  const progress = createProgress({ label: 'copy', unit: 'records' });
  let records = 0;
  const moved = await move(
    {
      log,
      from,
      to,
      signal,
      onCopied: (count) => {
        records += count;
        progress.tick(records);
      },
    },
    settled,
  );
  progress.end();
  print(`copied ${moved.settled + moved.rest} records to ${to.partitions} partitions; ${describeLists(moved.rest)}`);
  if (moved.leftOut > 0)
    print(`left out ${moved.leftOut} that lay on a wrong partition: they are dead letters already`);
  for (const line of nextSteps(session, to, options)) print(line);
}

/** Of the group's tasks, where they are known: the inputs have more where these were raised under it. */
function partitionsOf(
  { config: { group, topics } }: ToolSession,
  facts: ReadonlyMap<string, TopicFacts>,
  tasks: number | undefined,
  { partitions }: GrowOptions,
): number {
  const [interactions, profiles] = INPUT_ROLES.map((role) => {
    const found = facts.get(topics[role]);
    if (!found) throw new UserError(`topic "${topics[role]}" does not exist: there is nothing to move`);
    return found.partitions;
  }) as [number, number];
  const least = Math.min(interactions, profiles);
  const worked = tasks !== undefined && tasks <= least ? tasks : least;
  if (interactions !== profiles && worked !== tasks) {
    throw new UserError(
      `"${topics.interactions}" has ${interactions} partitions and "${topics.profiles}" ${profiles}: no ` +
        'service can have worked on them, so make them anew (npm run topics -- verify)',
    );
  }
  if (partitions > worked) return worked;
  throw new UserError(`group "${group}" works on ${worked} partitions already: --partitions must be more`);
}

function explainStart(group: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof TaskStopped)) throw error;
    throw new UserError(
      `group "${group}" has not processed every partition of the inputs yet, so there is no place where its lists ended: ` +
        'is STEERSTREAM_GROUP right? Where there never was a service, make the topics anew (npm run topics -- create)',
    );
  };
}

async function checkLag(
  session: ToolSession,
  { topics }: Side,
  settled: readonly Position[],
  { withLag, fromAvailable }: GrowOptions,
): Promise<void> {
  const log = await session.log();
  let lag = 0;
  for (const role of INPUT_ROLES) {
    for (const [partition, { first, end }] of (await log.extents(topics[role])).entries()) {
      lag += Math.max(0, end - (settled[partition]?.[role] ?? 0));
      if (first > 0 && !fromAvailable) {
        throw new UserError(
          `"${topics[role]}" ${partition} begins at offset ${first}: states made again in new topics would miss what was ` +
            'before. --from-available moves what is left all the same',
        );
      }
    }
  }
  if (lag === 0 || withLag) return;
  throw new UserError(
    `${lag} offsets of the inputs wait to be processed: let the service come to the end with the producers stopped, or ` +
      'move all the same by --with-lag, and the new service makes their lists',
  );
}

async function makeTopics(
  admin: TopicAdmin,
  facts: ReadonlyMap<string, TopicFacts>,
  from: Side,
  { group, topics, partitions }: Side,
): Promise<void> {
  const internal = admin.internalTopic(group);
  const present = await admin.describe([
    ...INPUT_ROLES.map((role) => topics[role]),
    ...(internal === undefined ? [] : [internal]),
  ]);
  const replicas = Math.max(...[...facts.values()].map((found) => found.replicas ?? 1));
  for (const role of INPUT_ROLES) {
    const found = present.get(topics[role]);
    if (found && found.partitions !== partitions) {
      throw new UserError(
        `"${topics[role]}" exists with ${found.partitions} partitions, not ${partitions}: choose another suffix`,
      );
    }
    const old = facts.get(from.topics[role])?.settings ?? {};
    const kept = Object.fromEntries(KEPT.flatMap((name) => (old[name] === undefined ? [] : [[name, old[name]]])));
    const settings = { ...settingsFor(role, undefined), ...kept };
    if (!found) await admin.create({ topic: topics[role], partitions, replicas, settings });
  }
  if (internal !== undefined && !present.has(internal)) {
    await admin.create({ topic: internal, partitions, replicas, settings: {} });
  }
}

function describeLists(rest: number): string {
  return rest === 0 ? 'all of them have their lists' : `${rest} of them get their lists from the new service`;
}

function nextSteps(
  { config }: ToolSession,
  { group, topics }: Side,
  { fromAvailable }: GrowOptions,
): readonly string[] {
  const variables = [
    `STEERSTREAM_GROUP=${group}`,
    `STEERSTREAM_TOPIC_INTERACTIONS=${topics.interactions}`,
    `STEERSTREAM_TOPIC_PROFILES=${topics.profiles}`,
  ];
  if (fromAvailable) variables.push('STEERSTREAM_HEAL_FROM=available');
  if (config.redis) variables.push(`STEERSTREAM_REDIS_NAMESPACE=${group}`);
  return [
    'configure the service:',
    ...variables.map((variable) => `  ${variable}`),
    ...(config.redis ? [] : [`delete state.sqlite* in ${config.dir}: the states are made again from the new topics`]),
    `start it, and let producers write to "${topics.interactions}" and "${topics.profiles}". What still arrives in the old ` +
      'topics is moved by the same command with --with-lag',
  ];
}
