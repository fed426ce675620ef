import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../config.js';
import type { TopicFacts } from '../../ports/topic-admin.js';
import { judge, type Situation } from './judge.js';
import { reportLines } from './report.js';
import { type Role, settingsFor } from './wanted.js';

const { topics } = loadConfig({});
const ROLES = Object.keys(topics) as Role[];

/** Topics as they are made, with changes to one of them. */
function situation(role?: Role, change: Partial<TopicFacts> = {}, settings: Record<string, string> = {}): Situation {
  const facts = ROLES.map((one): [string, TopicFacts] => {
    const usual = { partitions: 4, replicas: 3, ...(one === role ? change : {}) };
    const made = {
      ...settingsFor(one, undefined),
      'min.insync.replicas': '2',
      'unclean.leader.election.enable': 'false',
    };
    return [topics[one], { ...usual, settings: one === role ? { ...made, ...settings } : made }];
  });
  const internal: [string, TopicFacts] = ['group.tasks', { partitions: 4, replicas: 3, settings: {} }];
  return { topics, internal: 'group.tasks', facts: new Map([...facts, internal]), brokers: 3, bootstrap: 'kafka:9092' };
}

function findings(given: Situation): readonly string[] {
  return judge(given).flatMap((judged) =>
    judged.findings.map(({ weight, text }) => `${judged.topic} ${weight}: ${text}`),
  );
}

describe('judge', () => {
  it('has nothing to say of topics as they are made', () => {
    expect(findings(situation())).toEqual([]);
    expect(reportLines(judge(situation())).every((line) => / right /.test(line))).toBe(true);
  });

  it.each<[Role, Partial<TopicFacts>, Record<string, string>, RegExp]>([
    [
      'interactions',
      {},
      { 'cleanup.policy': 'compact,delete' },
      /^interactions wrong: cleanup.policy is compact,delete/,
    ],
    ['interactions', {}, { 'retention.ms': '86400000' }, /^interactions note: retention.ms is 86400000, not -1/],
    ['interactions', {}, { 'message.timestamp.type': 'LogAppendTime' }, /^interactions wrong: message.timestamp.type/],
    ['profiles', {}, { 'message.timestamp.after.max.ms': '9223372036854775807' }, /^profiles wrong: .*clock is ahead/],
    ['profiles', {}, { 'retention.ms': '604800000' }, /^profiles wrong: retention.ms is 604800000, not -1/],
    ['profiles', {}, { 'retention.bytes': '1000' }, /^profiles wrong: retention.bytes/],
    ['profiles', { partitions: 6 }, {}, /^profiles wrong: it has 6 partitions and "interactions" 4/],
    ['catalogue', {}, { 'cleanup.policy': 'delete' }, /^catalogue wrong: cleanup.policy is delete, not compact/],
    ['catalogue', {}, { 'cleanup.policy': 'compact,delete' }, /^catalogue wrong: cleanup.policy/],
    ['recommendations', {}, { 'cleanup.policy': 'delete' }, /^recommendations note: cleanup.policy/],
    ['recommendations', {}, { 'min.insync.replicas': '1' }, /^recommendations wrong: .*single broker/],
    [
      'recommendations',
      {},
      { 'min.insync.replicas': '4' },
      /^recommendations wrong: min.insync.replicas is 4, not 3: .*nothing can be written/,
    ],
    ['recommendations', { replicas: 1 }, { 'min.insync.replicas': '1' }, /^recommendations note: it has one replica/],
    ['deadLetters', {}, { 'cleanup.policy': 'compact' }, /^dead-letters wrong: .*without a key/],
    ['deadLetters', {}, { 'unclean.leader.election.enable': 'true' }, /^dead-letters wrong: unclean/],
  ])('%s with %j %j', (role, change, settings, expected) => {
    const [first, ...others] = findings(situation(role, change, settings)).filter(
      (text) => !text.startsWith('group.tasks'),
    );
    expect(first).toMatch(expected);
    expect(others).toEqual([]);
  });

  it('takes policies in any order', () => {
    expect(findings(situation('recommendations', {}, { 'cleanup.policy': 'delete,compact' }))).toEqual([]);
  });

  it('names what is missing, and an internal topic that is too small', () => {
    const { facts, ...rest } = situation('interactions', { partitions: 8 });
    const fewer = new Map([...facts].filter(([topic]) => topic !== 'catalogue'));
    expect(findings({ ...rest, facts: fewer })).toEqual([
      expect.stringMatching(/^profiles wrong: it has 4 partitions and "interactions" 8/),
      'catalogue wrong: it does not exist',
      expect.stringMatching(/^group.tasks wrong: it has 4 partitions, fewer than the 8 of the inputs/),
    ]);
  });

  it('shows a command with the setting that is then right', () => {
    const value = fc.constantFrom('delete', 'compact', 'compact,delete');
    fc.assert(
      fc.property(fc.constantFrom(...ROLES), value, (role, policy) => {
        const found = judge(situation(role, {}, { 'cleanup.policy': policy })).flatMap(({ findings: of }) => of);
        for (const { remedy } of found) {
          const [, set] = /--add-config cleanup\.policy=\[?([\w,]+)\]?$/.exec(remedy) ?? [];
          expect(findings(situation(role, {}, { 'cleanup.policy': set! }))).toEqual([]);
        }
      }),
    );
  });
});
