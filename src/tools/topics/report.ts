/** What was found out about topics, for people. Pure. */
import type { TopicFacts } from '../../ports/topic-admin.js';
import type { Finding, JudgedTopic } from './judge.js';

/** One line for a topic that is right, and two for each thing that is not. */
export function reportLines(judged: readonly JudgedTopic[]): readonly string[] {
  return judged.flatMap(({ topic, facts, findings }) => {
    const verdict = findings.some(isWrong) ? 'WRONG' : 'right';
    const head = `${topic}: ${verdict}${facts ? ` (${describe(facts)})` : ''}`;
    return [head, ...findings.flatMap(findingLines)];
  });
}

export function isWrong({ weight }: Finding): boolean {
  return weight === 'wrong';
}

function findingLines({ weight, text, remedy }: Finding): readonly string[] {
  return [`  ${weight === 'note' ? 'note: ' : ''}${text}`, `    ${remedy}`];
}

function describe({ partitions, replicas, settings }: TopicFacts): string {
  const parts = [count(partitions, 'partition')];
  if (replicas !== undefined) parts.push(count(replicas, 'replica'));
  const { 'cleanup.policy': cleanup, 'retention.ms': retention, 'message.timestamp.type': timestamps } = settings;
  if (cleanup !== undefined) parts.push(cleanup);
  if (cleanup?.includes('delete') && retention !== undefined) parts.push(`kept ${age(Number(retention))}`);
  if (timestamps !== undefined) parts.push(timestamps);
  return parts.join(', ');
}

function age(ms: number): string {
  return ms < 0 ? 'for ever' : `${Number((ms / 86_400_000).toFixed(2))} days`;
}

function count(number: number, of: string): string {
  return `${number} ${of}${number === 1 ? '' : 's'}`;
}
