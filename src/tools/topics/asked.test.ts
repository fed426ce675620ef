import { expect, it } from 'vitest';
import { loadConfig } from '../../config.js';
import { type Asked, unmet } from './asked.js';
import type { Situation } from './judge.js';

const { topics } = loadConfig({});

/** Interactions and what belongs to the group's tasks: 4 partitions, 3 replicas, 2 of them at least, 90 days. */
const SITUATION: Situation = {
  topics,
  internal: 'group.tasks',
  facts: new Map(
    [topics.interactions, 'group.tasks'].map((topic) => [
      topic,
      { partitions: 4, replicas: 3, settings: { 'min.insync.replicas': '2', 'retention.ms': '7776000000' } },
    ]),
  ),
  brokers: 3,
  bootstrap: 'kafka:9092',
};
const alter = (setting: string): string =>
  `kafka-configs.sh --bootstrap-server kafka:9092 --alter --entity-type topics --entity-name interactions --add-config ${setting}`;

it.each<[Asked, RegExp, string]>([
  [{ partitions: 8 }, /4 partitions, not the 8/, 'npm run topics -- grow --partitions 8 --suffix .v2'],
  [{ replication: 2 }, /3 replicas, not the 2/, 'kafka-reassign-partitions.sh with 2 replicas for each partition'],
  [{ minInsync: 3 }, /is 2, not the 3 of --min-insync/, alter('min.insync.replicas=3')],
  [
    { minInsync: 4 },
    /is 2, not the 4/,
    `kafka-reassign-partitions.sh with as many replicas first, then ${alter('min.insync.replicas=4')}`,
  ],
  [{ retention: 30 }, /is 7776000000, not the 2592000000 of --retention 30/, alter('retention.ms=2592000000')],
])('%j of a topic that has something else is said, with what sets it right', (asked, text, remedy) => {
  expect(unmet(asked, SITUATION).get(topics.interactions)).toEqual([
    { weight: 'wrong', text: expect.stringMatching(text) as string, remedy },
  ]);
});

it('has nothing to say of what is as it was asked for, nor of what a log does not have', () => {
  expect(unmet({ partitions: 4, replication: 3, minInsync: 2, retention: 90 }, SITUATION)).toEqual(new Map());
  expect(unmet({}, SITUATION)).toEqual(new Map());
  const embedded = new Map([[topics.interactions, { partitions: 4, replicas: undefined, settings: {} }]]);
  expect(unmet({ replication: 1, minInsync: 1, retention: 30 }, { ...SITUATION, facts: embedded })).toEqual(new Map());
});
