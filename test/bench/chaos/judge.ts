/** Holds what a run left behind to the guarantee of docs/delivery.md, word by word. */
import type { RecommendationList } from '../../../src/events/events.js';
import { decode } from './bytes.js';
import type { Evidence } from './evidence.js';
import { judgeLists } from './judge-content.js';
import { judgeDeadLetters } from './judge-dead-letters.js';
import type { Told } from './judge-lists.js';
import { judgeExpiries, judgeStates } from './judge-states.js';
import { oracleOf } from './oracle.js';
import type { Read } from './topics.js';

export interface Verdict {
  readonly inputs: number;
  readonly lists: number;
  readonly deadLetters: number;
  readonly unchanged: number;
  readonly expiries: number;
  readonly checkpoints: number;
  readonly differences: readonly string[];
}

export async function judge(evidence: Evidence): Promise<Verdict> {
  const { world, topics, start } = evidence;
  const of = (topic: string): readonly Read[] => topics.get(topic) ?? [];
  const inputs = [...of(world.topics.interactions), ...of(world.topics.profiles)];
  const differences: string[] = [];
  const differ = (what: string): void => void differences.push(what);
  const oracle = oracleOf(inputs, world, start);
  const lists = of(world.topics.recommendations).map((record) => toldOf(record, differ));
  judgeDeadLetters(of(world.topics.deadLetters), oracle, differ);
  await judgeLists(evidence, oracle, lists, differ);
  await judgeStates(evidence, oracle, differ);
  const expiries = [...oracle.users.values()].reduce(
    (sum, user) => sum + judgeExpiries(user, evidence.endedAt, differ),
    0,
  );
  return {
    inputs: inputs.length,
    lists: lists.length,
    deadLetters: of(world.topics.deadLetters).length,
    unchanged: oracle.unchanged,
    expiries,
    checkpoints: new Set(lists.map(({ list }) => list.checkpoint)).size,
    differences,
  };
}

function toldOf({ key, value, offset }: Read, differ: (what: string) => void): Told {
  const list = decode('recommendation-list', value!) as RecommendationList;
  const { topic, partition, offset: at } = list.source;
  if (list.listId !== `${topic}-${partition}-${at}`)
    differ(`list ${list.listId} says that its source is ${topic}-${partition}-${at}`);
  if (key?.toString() !== list.userId)
    differ(`list ${list.listId} of "${list.userId}" has the key "${key?.toString() ?? ''}"`);
  return { list, at: offset };
}
