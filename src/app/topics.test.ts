import { describe, expect, it } from 'vitest';
import { loadConfig } from '../config.js';
import { StartRefused, TopicMissing, Unavailable } from '../ports/errors.js';
import { ensureTopics, requireTopics } from './topics.js';

const { topics } = loadConfig({});

function logWith(existing: Record<string, number>) {
  const made: Record<string, number> = {};
  return {
    made,
    extents: async (topic: string) => {
      const partitions = { ...existing, ...made }[topic];
      if (partitions === undefined) throw new TopicMissing(topic);
      return Array.from({ length: partitions }, () => ({ first: 0, end: 0 }));
    },
    ensureTopic: async (topic: string, partitions: number) => {
      made[topic] = partitions;
    },
  };
}

describe('ensureTopics', () => {
  it('makes what is missing', async () => {
    const log = logWith({});
    await ensureTopics(log, topics, 3);
    expect(log.made).toEqual({ interactions: 3, profiles: 3, catalogue: 3, recommendations: 3, 'dead-letters': 3 });
  });

  it('leaves what exists, and makes the inputs alike', async () => {
    const log = logWith({ profiles: 7, catalogue: 1 });
    await ensureTopics(log, topics, 3);
    expect(log.made).toEqual({ interactions: 7, recommendations: 3, 'dead-letters': 3 });
  });

  it('takes a log that does not answer for what it is', async () => {
    const log = { ...logWith({}), extents: () => Promise.reject(new Unavailable('busy')) };
    await expect(ensureTopics(log, topics, 3)).rejects.toThrow(Unavailable);
    expect(log.made).toEqual({});
  });
});

describe('requireTopics', () => {
  const all = { interactions: 4, profiles: 4, catalogue: 1, recommendations: 2, 'dead-letters': 1 };

  it('is content with inputs that are alike', async () => {
    await expect(requireTopics(logWith(all), topics)).resolves.toBeUndefined();
  });

  it('names everything that is missing, and how to make it', async () => {
    const { profiles: _, 'dead-letters': __, ...others } = all;
    const refused = requireTopics(logWith(others), topics);
    await expect(refused).rejects.toThrow(StartRefused);
    await expect(refused).rejects.toThrow('"profiles", "dead-letters" do not exist: `npm run topics -- create`');
  });

  it('refuses inputs that are not co-partitioned', async () => {
    const refused = requireTopics(logWith({ ...all, profiles: 5 }), topics);
    await expect(refused).rejects.toThrow(StartRefused);
    await expect(refused).rejects.toThrow('"interactions" has 4 partitions and "profiles" 5');
  });
});
