import { describe, expect, it } from 'vitest';
import { loadConfig } from '../config.js';
import { TopicMissing, Unavailable } from '../ports/errors.js';
import { ensureTopics } from './topics.js';

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
