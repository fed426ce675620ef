import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Logger, SILENT } from '../ops/logger.js';
import { StartRefused, TopicMissing } from '../ports/errors.js';
import { createShutdown } from './shutdown.js';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** Hangs. */
const neverClosed = (): Promise<never> => new Promise(() => undefined);
let earlier: ReadonlyMap<(typeof SIGNALS)[number], NodeJS.SignalsListener[]>;
let exit: ReturnType<typeof vi.fn<(status: number) => void>>;

/** What a signal does here: asks those who listen since the test began. */
function signal(name: (typeof SIGNALS)[number]): void {
  for (const listener of process.listeners(name)) if (!earlier.get(name)?.includes(listener)) listener(name);
}

beforeEach(() => {
  vi.useFakeTimers();
  earlier = new Map(SIGNALS.map((name) => [name, process.listeners(name)]));
  exit = vi.fn<(status: number) => void>();
  vi.spyOn(process, 'exit').mockImplementation(exit as unknown as typeof process.exit);
});
afterEach(() => {
  for (const name of SIGNALS) {
    for (const listener of process.listeners(name)) {
      if (!earlier.get(name)?.includes(listener)) process.removeListener(name, listener);
    }
  }
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it.each(SIGNALS)('closes at %s and ends with 0, and only then', async (name) => {
  const closed = Promise.withResolvers<undefined>();
  createShutdown(SILENT, async () => {
    await closed.promise;
  });
  signal(name);
  await vi.advanceTimersByTimeAsync(24_000);
  expect(exit).not.toHaveBeenCalled();
  closed.resolve(undefined);
  await vi.advanceTimersByTimeAsync(0);
  expect(exit.mock.calls).toEqual([[0]]);
});

it('ends with 1 when the farewell takes longer than a container runtime waits', async () => {
  createShutdown(SILENT, neverClosed);
  signal('SIGTERM');
  await vi.advanceTimersByTimeAsync(25_000);
  expect(exit.mock.calls).toEqual([[1]]);
});

it('ends at once at a second signal', () => {
  createShutdown(SILENT, neverClosed);
  signal('SIGTERM');
  signal('SIGTERM');
  expect(exit.mock.calls).toEqual([[1]]);
});

it.each([new StartRefused('make it first'), new TopicMissing('a topic')])(
  'shows no stack of what whoever runs it sets right: $name',
  async (mistake) => {
    const error = vi.fn<Logger['error']>();
    createShutdown({ ...SILENT, error }, async () => undefined)(mistake);
    await vi.advanceTimersByTimeAsync(0);
    expect(error.mock.calls).toEqual([['the service cannot go on', { reason: mistake.message }]]);
    expect(exit.mock.calls).toEqual([[1]]);
  },
);

it('closes after a fault too, and ends with 1', async () => {
  const close = vi.fn(async () => undefined);
  createShutdown(SILENT, close)(new Error('a fault'));
  await vi.advanceTimersByTimeAsync(0);
  expect(close).toHaveBeenCalledOnce();
  expect(exit.mock.calls).toEqual([[1]]);
});
