/** `npm run topics -- verify`: are the topics as they should be, and do the newest records in them lie rightly? */
import { Unfit } from '../../terminal/program.js';
import type { ToolSession } from '../session.js';
import { type Finding, judge, type Situation } from './judge.js';
import { isWrong, reportLines } from './report.js';
import { sampleInputs, sampleLines } from './sample.js';
import { INPUT_ROLES } from './wanted.js';

/** @param sample newest records of each input partition to look at */
export async function verifyTopics(session: ToolSession, { sample }: { readonly sample: number }): Promise<void> {
  const { config, print } = session;
  await session.log();
  const situation = await lookedUp(session);
  const { facts } = situation;
  const [interactions, profiles] = INPUT_ROLES.map((role) => facts.get(config.topics[role])?.partitions);
  let isSampleClean = true;
  if (sample > 0 && interactions !== undefined && interactions === profiles) {
    const sampled = await sampleInputs(await session.log(), await session.wire(), config, interactions, sample);
    for (const line of sampleLines(sampled)) print(line);
    isSampleClean = sampled.every(({ dead }) => dead.size === 0);
  }
  showTopics(situation, print);
  if (!isSampleClean) throw new Unfit();
}

/** The topics as they are now. */
export async function lookedUp({ config, admin }: ToolSession): Promise<Situation> {
  const topicAdmin = await admin();
  const internal = topicAdmin.internalTopic(config.group);
  const names = [...Object.values(config.topics), ...(internal === undefined ? [] : [internal])];
  return {
    topics: config.topics,
    internal,
    facts: await topicAdmin.describe(names),
    brokers: await topicAdmin.brokers(),
    bootstrap: config.kafka?.brokers.join(',') ?? '',
  };
}

/**
 * Prints a verdict on each. @throws Unfit when one is not as it should be
 * @param more by topic, beside what is found of any topic
 */
export function showTopics(
  situation: Situation,
  print: (line: string) => void,
  more: ReadonlyMap<string, readonly Finding[]> = new Map(),
): void {
  const judged = judge(situation).map((one) => ({
    ...one,
    findings: [...(more.get(one.topic) ?? []), ...one.findings],
  }));
  for (const line of reportLines(judged)) print(line);
  if (judged.some(({ findings }) => findings.some(isWrong))) throw new Unfit();
}
