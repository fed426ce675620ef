import { describe, expect, it } from 'vitest';
import { notReadyBecause, type ReadinessFacts } from './readiness.js';

const ready: ReadinessFacts = {
  checkpoint: 'loaded',
  catalogueRead: true,
  processor: 'running',
  tasks: [{ partition: 0, waitsFor: null }],
};

describe('notReadyBecause', () => {
  it('has nothing to say when all is well', () => {
    expect(notReadyBecause(ready)).toEqual([]);
  });

  it.each<[string, Partial<ReadinessFacts>]>([
    ['a fault ends the service: the engine broke', { fault: 'the engine broke' }],
    ['no checkpoint', { checkpoint: 'none' }],
    ['refused: wrong format', { checkpoint: { refused: 'wrong format' } }],
    ['has not started', { processor: 'not-started' }],
    ['stopped: history is gone', { processor: { stopped: 'history is gone' } }],
    ['catalogue has not been read', { catalogueRead: false }],
    ['stands by', { tasks: [] }],
    ['task 3: healing', { tasks: [...ready.tasks, { partition: 3, waitsFor: 'healing' }] }],
  ])('says "%s"', (words, change) => {
    expect(notReadyBecause({ ...ready, ...change }).join()).toContain(words);
  });
});
