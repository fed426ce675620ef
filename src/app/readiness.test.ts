import { expect, it } from 'vitest';
import { notReadyBecause } from '../ops/readiness.js';
import { readinessFacts } from './readiness.js';

it('an instance that a fault ends is not ready, though all its parts are', () => {
  const processor = {
    status: () => ({
      ready: true,
      phase: 'working' as const,
      catalogue: { loaded: true, items: 1, rejected: 0 },
      tasks: [{ partition: 0, phase: 'running' }],
    }),
  };
  const model = { current: {}, refused: undefined };
  const because = (faults: readonly unknown[]) =>
    notReadyBecause(readinessFacts(model as never, processor as never, faults));
  expect(because([])).toEqual([]);
  expect(because([new Error('device lost'), 'later'])).toEqual(['a fault ends the service: device lost']);
});
