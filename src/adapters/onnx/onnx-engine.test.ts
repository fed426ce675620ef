/** The engine around the model: workers run from dist/ with a model that checks all of the past it is given. */
import type { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { tinyCheckpoint } from '../../../test/builders/checkpoint.js';
import { engineRequest, fakeEngine, Watched } from '../../../test/builders/engine.js';
import { DEADLY, FATAL, fakeRanking, POISON } from '../../../test/builders/fake-model.js';
import { Gate } from '../../../test/builders/gate.js';
import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import type { Edit } from '../../model/edit.js';
import { type EngineRequest, type LoadedModel, STREAM_BATCHES } from '../../ports/engine.js';
import { Overloaded, Unavailable } from '../../ports/errors.js';
import type { OnnxEngineOptions } from './onnx-engine.js';
import { windowLength } from '../../recommend/window.js';
import { PAGE } from './pages.js';

const SLIDER: Edit = { kind: 'latent', layer: 1, feature: 2, mode: 'delta', amount: 3 };
const PAGE_BYTES = PAGE * 4;

async function open(given: Partial<OnnxEngineOptions> = {}, checkpoint: Checkpoint = tinyCheckpoint()) {
  const watched = new Watched();
  const model = await fakeEngine({ observer: watched, ...given }).load(checkpoint);
  onTestFinished(() => model.dispose());
  const expectRight = async (requests: readonly EngineRequest[]): Promise<void> => {
    const rankings = await model.recommend(requests);
    expect(rankings).toEqual(requests.map((request) => fakeRanking(checkpoint, request)));
  };
  return { model, watched, expectRight };
}

describe('what is kept of windows', () => {
  it('serve a next event and any slider with one position each', async () => {
    const { expectRight, watched } = await open();
    await expectRight([engineRequest([1, 2, 3])]);
    await expectRight([engineRequest([1, 2, 3, 4])]);
    await expectRight([engineRequest([1, 2, 3, 4], { edits: [SLIDER] })]);
    await expectRight([engineRequest([1, 2, 3, 4], { edits: [{ ...SLIDER, amount: -1 }] })]);
    await expectRight([engineRequest([1, 2, 3, 4, 5], { edits: [SLIDER] })]);
    await expectRight([engineRequest([1, 2, 3, 4, 5])]);
    expect(watched.found).toEqual(['none', 'longer', 'same', 'same', 'longer', 'same']);
    expect(watched.batches.map(({ kind }) => kind)).toEqual(['window', 'step', 'step', 'step', 'step', 'step']);
  });

  it('serve windows of one user in one call one after another, and others beside them', async () => {
    const { expectRight, watched } = await open({ threads: 1 });
    await expectRight([
      engineRequest([1, 2]),
      engineRequest([7, 7]),
      engineRequest([1, 2, 3]),
      engineRequest([1, 2, 3]),
      engineRequest([1, 2, 3, 4]),
    ]);
    expect(watched.found.toSorted()).toEqual(['longer', 'longer', 'none', 'none', 'same']);
    expect(watched.batches[0]).toMatchObject({ kind: 'window', size: 2 });
  });

  it('are right whatever is asked in whatever order, with a memory for few', async () => {
    const checkpoint = tinyCheckpoint();
    const memories = [0, 1, 3, 5];
    const engines = await Promise.all(memories.map((pages) => open({ cacheBytes: pages * PAGE_BYTES, threads: 1 })));
    const ask = fc.record({
      user: fc.nat(5),
      event: fc.boolean(),
      edits: fc.constantFrom<Edit[][]>([], [SLIDER], [{ ...SLIDER, amount: 1 }]),
    });
    const some = fc.array(fc.array(ask, { minLength: 1, maxLength: 8 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(some, fc.nat(memories.length - 1), async (calls, which) => {
        const { model, watched } = engines[which]!;
        const accepted = [1, 1, 1, 1, 1, 1];
        const requests = calls.map((call) =>
          call.map(({ user, event, edits }) => {
            if (event) accepted[user]! += 1;
            const end = accepted[user]!;
            const start = end - windowLength(end, 8);
            return engineRequest(
              Array.from({ length: end - start }, (_, i) => ((start + i) * (user + 1)) % 12),
              { edits },
            );
          }),
        );
        const answers = await Promise.all(requests.map((one) => model.recommend(one)));
        expect(answers).toEqual(requests.map((one) => one.map((request) => fakeRanking(checkpoint, request))));
        for (const { cachedBytes } of watched.batches)
          expect(cachedBytes).toBeLessThanOrEqual(memories[which]! * PAGE_BYTES);
      }),
      { numRuns: 100 },
    );
  });

  it('go by last use where the memory is full', async () => {
    const { expectRight, watched } = await open({ cacheBytes: 3 * PAGE_BYTES });
    for (const item of [1, 2, 3, 1, 4]) await expectRight([engineRequest([item, item])]);
    watched.found.length = 0;
    for (const item of [1, 3, 2]) await expectRight([engineRequest([item, item])]);
    expect(watched.found).toEqual(['same', 'same', 'none']);
  });
});

describe('workers', () => {
  it('leave the event loop alone, and answer somebody who waits before the rest of the stream', async () => {
    const gate = new Gate();
    const { model } = await open({ threads: 1, queue: 1000 }, gate.checkpoint());
    gate.close();
    const order: string[] = [];
    const stream = model
      .recommend(Array.from({ length: 500 }, (_, i) => engineRequest([i % 12, (i * 5) % 12, i % 7])))
      .then(() => order.push('stream'));
    await gate.arrival();
    // The worker stands still in the midst of a batch: everything else goes on.
    await new Promise((resolve) => setTimeout(resolve, 0));
    order.push('timer');
    // Of a window that waits in the stream as well, far behind.
    const last = engineRequest([499 % 12, (499 * 5) % 12, 499 % 7]);
    const one = model.recommend([last], 'interactive').then(() => order.push('one'));
    gate.open();
    await Promise.all([stream, one]);
    expect(order).toEqual(['timer', 'one', 'stream']);
  });

  it('refuse what is too much, each urgency for itself, and go on', async () => {
    const gate = new Gate();
    const { model, watched } = await open({ threads: 1, queue: 4 }, gate.checkpoint());
    gate.close();
    const requests = Array.from({ length: 400 }, (_, i) => engineRequest([i % 12, i % 11, i % 7]));
    const stream = model.recommend(requests);
    await gate.arrival();
    await expect(model.recommend(requests)).rejects.toThrow(Overloaded);
    const some = Array.from({ length: 4 }, () => model.recommend([engineRequest([1])], 'interactive'));
    await expect(model.recommend([engineRequest([1])], 'interactive')).rejects.toThrow(
      '4 interactive requests wait for the engine already',
    );
    gate.open();
    expect(await stream).toHaveLength(400);
    await Promise.all(some);
    expect(await model.recommend(requests)).toHaveLength(400);
    expect(watched.refusals).toEqual(['stream', 'interactive']);
  });

  it('refuse no batch of the stream for those before it, where there is room for all that it asks at once', async () => {
    const gate = new Gate();
    const { expectRight } = await open({ threads: 1, queue: 4, streamQueue: 1600 }, gate.checkpoint());
    gate.close();
    const requests = Array.from({ length: 400 }, (_, i) => engineRequest([i % 12, i % 11, i % 7]));
    const batches = Array.from({ length: STREAM_BATCHES }, () => expectRight(requests));
    gate.open();
    await Promise.all(batches);
  });

  it('that die fail what they had to answer, and are replaced; what was kept stays right', async () => {
    const { model, watched, expectRight } = await open({ threads: 1 });
    await expectRight([engineRequest([1, 2, 3])]);
    const deadly = engineRequest([1, 2, 3, 4], { excluded: [DEADLY] });
    await expect(model.recommend([deadly])).rejects.toThrow(Unavailable);
    await expectRight([engineRequest([1, 2, 3, 4]), engineRequest([5, 6])]);
    expect(watched.deaths).toHaveLength(1);
  });

  it('that die again and again break the model', async () => {
    const { model, watched } = await open({ threads: 1 });
    const deadly = engineRequest([1, 2], { excluded: [DEADLY] });
    for (let death = 1; death <= 4; death += 1) await expect(model.recommend([deadly])).rejects.toThrow(Unavailable);
    await expect(model.recommend([engineRequest([1])])).rejects.toThrow('die again and again');
    expect(watched.deaths).toHaveLength(4);
    expect(watched.faults).toHaveLength(1);
  });

  it('that die now and then do not', async () => {
    const { model, watched, expectRight } = await open({ threads: 1 });
    const deadly = engineRequest([1, 2], { excluded: [DEADLY] });
    for (const death of [1, 2, 3, 4, 5, 6]) {
      await expect(model.recommend([deadly])).rejects.toThrow(Unavailable);
      if (death === 3) await expectRight([engineRequest([1])]);
    }
    expect(watched.faults).toEqual([]);
  });

  describe('that cannot be replaced', () => {
    /** Two workers, of which one was lost with the device; its first replacement has failed as well. */
    async function withoutDevice() {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      onTestFinished(() => void vi.useRealTimers());
      const gate = new Gate();
      const opened = await open({ threads: 2, backoff: { firstMs: 1000, longestMs: 10_000 } }, gate.checkpoint());
      const { model, watched, expectRight } = opened;
      // Enough for both: each has answered something.
      await expectRight(Array.from({ length: 12 }, (_, item) => engineRequest(new Array<number>(8).fill(item))));
      gate.lose();
      await expect(model.recommend([engineRequest([1], { excluded: [DEADLY] })])).rejects.toThrow(Unavailable);
      await watched.until(() => watched.deaths.length === 2);
      return opened;
    }

    it('break the model after pauses that grow, whatever another worker answers, and say why', async () => {
      const { model, watched, expectRight } = await withoutDevice();
      for (const [deaths, ms] of [
        [3, 2000],
        [4, 4000],
        [5, 8000],
      ] as const) {
        await expectRight([engineRequest([1, 2])]);
        vi.advanceTimersByTime(ms - 1);
        expect(vi.getTimerCount()).toBe(1);
        vi.advanceTimersByTime(1);
        await watched.until(() => watched.deaths.length === deaths);
      }
      expect(watched.deaths.at(-1)).toMatchObject({
        message: 'a worker of the engine ended (exit code 0): device lost',
        cause: { message: 'device lost' },
      });
      expect(watched.faults).toMatchObject([{ message: expect.stringContaining('device lost') as string }]);
      await expect(model.recommend([engineRequest([1])])).rejects.toThrow('die again and again');
    });

    it('are not once the model was let go', async () => {
      const { model } = await withoutDevice();
      expect(vi.getTimerCount()).toBe(1);
      model.dispose();
      await new Promise(setImmediate);
      expect(vi.getTimerCount()).toBe(0);
    });
  });

  it('say what was wrong where the model fails, and go on', async () => {
    const { model, expectRight } = await open();
    const poisoned = engineRequest([1, 2], { excluded: [POISON] });
    const fails = expect(model.recommend([poisoned])).rejects;
    await fails.toThrow('poisoned');
    await fails.not.toThrow(Unavailable);
    await expectRight([engineRequest([1, 2])]);
  });

  it('cannot use a checkpoint: the reason comes across, and none is left', async () => {
    const checkpoint = tinyCheckpoint();
    const strange = { ...checkpoint, manifest: { ...checkpoint.manifest, formatVersion: 1 as const } };
    await expect(fakeEngine().load(strange)).rejects.toThrow('this model cannot be served');
  });

  it('that die of a checkpoint are not replaced: none is left', async () => {
    const watched = new Watched();
    const exits: number[] = [];
    let started = 0;
    const count = (worker: Worker): void => {
      started += 1;
      worker.once('exit', (code: number) => exits.push(code));
    };
    process.on('worker', count);
    onTestFinished(() => void process.off('worker', count));
    const loaded = fakeEngine({ observer: watched, threads: 2 }).load(tinyCheckpoint(FATAL));
    await expect(loaded).rejects.toThrow('a worker of the engine ended (exit code 3)');
    // A worker is announced a turn after its start: what was started again would be by the end of the next one.
    await open({ threads: 1 });
    expect([started, exits, watched.deaths]).toEqual([3, [3, 3], []]);
  });

  it('serve models beside each other, in one memory; one that is let go refuses, and gives its memory back', async () => {
    const watched = new Watched();
    const engine = fakeEngine({ observer: watched, cacheBytes: 4 * PAGE_BYTES });
    const [first, second] = [tinyCheckpoint(1), tinyCheckpoint(2)];
    const models = await Promise.all([engine.load(first), engine.load(second)]);
    const requests = [
      [1, 2],
      [3, 4],
      [5, 6],
      [7, 8],
    ].map((window) => engineRequest(window));
    const ask = (model: LoadedModel) => model.recommend(requests);
    for (const _ of [1, 2, 3]) {
      const [a, b] = await Promise.all(models.map(ask));
      expect(a).toEqual(requests.map((request) => fakeRanking(first, request)));
      expect(b).toEqual(requests.map((request) => fakeRanking(second, request)));
    }
    models[0]!.dispose();
    await expect(ask(models[0]!)).rejects.toThrow('was let go');
    expect(await ask(models[1]!)).toEqual(requests.map((request) => fakeRanking(second, request)));
    models[1]!.dispose();
  });

  it('finish the batches under way when the model is let go, and refuse what waits', async () => {
    const gate = new Gate();
    const { model } = await open({ threads: 1 }, gate.checkpoint());
    gate.close();
    const early = model.recommend([engineRequest([1, 2])]);
    await gate.arrival();
    const next = model.recommend([engineRequest([3])]);
    const behind = model.recommend([engineRequest([1, 2, 3])]);
    behind.catch(() => undefined);
    const farBehind = model.recommend([engineRequest([1, 2, 3, 4])]);
    farBehind.catch(() => undefined);
    await new Promise(setImmediate);
    const late = model.recommend([engineRequest([4])]);
    late.catch(() => undefined);
    model.dispose();
    gate.open();
    expect(await early).toHaveLength(1);
    expect(await next).toHaveLength(1);
    await expect(late).rejects.toThrow('was let go');
    await expect(behind).rejects.toThrow('was let go');
    await expect(farBehind).rejects.toThrow('was let go');
  });
});
