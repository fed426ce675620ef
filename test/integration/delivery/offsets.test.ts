/** Committed offsets count only as read after the fence, in a fetch that shows this owner's sentinel. */
import { expect, it } from 'vitest';
import type { OffsetFetchResponse } from '../../../src/adapters/kafka/internals.js';
import type { FaultPoints } from '../../builders/fault-points.js';
import { World } from '../../builders/delivery-world.js';
import { RealStores } from '../../builders/real-stores.js';
import { useKafka, useRedis } from '../../services/use.js';

const stores = await RealStores.prepare(await useKafka(), await useRedis(), 7);

/** Keeps every answer to a fetch of offsets, the oldest first. */
function keepOffsets(points: FaultPoints): readonly OffsetFetchResponse[] {
  const answers: OffsetFetchResponse[] = [];
  const keep = (): void => {
    points.next('offsets', async (fetch) => {
      keep();
      const answer = await fetch();
      answers.push(answer);
      return answer;
    });
  };
  keep();
  return answers;
}

/** The next looks are answered by a coordinator that is behind, as one may be right after a transaction. */
function answerOffsets(points: FaultPoints, answer: OffsetFetchResponse, looks: number): void {
  for (let look = 0; look < looks; look += 1) points.next('offsets', () => Promise.resolve(answer));
}

it.concurrent('settle-naive: a fetch is from before a batch that was stored', async (test) => {
  const world = World.begin(stores, test);
  const a = world.owner('A');
  const answers = keepOffsets(a.points);
  await world.append('interactions');
  await a.start().caughtUp(world.end);
  a.crash();
  world.assignment.giveTo('B');
  const b = world.owner('B');
  answerOffsets(b.points, answers.at(-1)!, 2);
  await b.start().caughtUp(world.end);
  await world.expectUninterrupted();
  expect(b.takenOver).toBe(1);
});

it.concurrent('settle-naive: a fetch is torn between the topics', async (test) => {
  const world = World.begin(stores, test);
  const a = world.owner('A', { batchSize: 2 });
  const answers = keepOffsets(a.points);
  await world.append('interactions');
  await world.append('profiles');
  await a.start().caughtUp(world.end);
  a.crash();
  world.assignment.giveTo('B');
  const b = world.owner('B');
  const stale = answers.at(-1)!;
  for (let look = 0; look < 2; look += 1) {
    b.points.next('offsets', async (fetch) => {
      const fresh = await fetch();
      const isShown = ({ topic }: { readonly topic: string }): boolean => topic.endsWith('-interactions');
      const unlike = (one: { readonly topic: string }): boolean => !isShown(one);
      return { responses: [...fresh.responses.filter(isShown), ...stale.responses.filter(unlike)] };
    });
  }
  await b.start().caughtUp(world.end);
  await world.expectUninterrupted();
});

it.concurrent('settle-naive-ahead: a fetch is from before a batch that was not stored', async (test) => {
  const world = World.begin(stores, test);
  const a = world.owner('A');
  const answers = keepOffsets(a.points);
  const committed = a.points.hold('committed');
  await world.append('interactions');
  a.start();
  await committed.reached;
  a.crash();
  world.assignment.giveTo('B');
  const b = world.owner('B');
  answerOffsets(b.points, answers.at(-1)!, 2);
  await b.start().caughtUp(world.end);
  await world.expectUninterrupted();
});

it.concurrent('read-before-fence: the earlier owner commits right before it is fenced', async (test) => {
  const world = World.begin(stores, test);
  const a = world.owner('A');
  const committing = a.points.hold('committing');
  const committed = a.points.hold('committed');
  await world.append('interactions');
  a.start();
  await committing.reached;
  world.assignment.giveTo('B');
  const b = world.owner('B');
  const fencing = b.points.hold('fence');
  b.start();
  await fencing.reached;
  committing.release();
  await committed.reached;
  a.crash();
  fencing.release();
  await b.caughtUp(world.end);
  await world.expectUninterrupted();
});

it.concurrent('first-worded: an owner that began at the end of the log dies before its first batch', async (test) => {
  const world = World.begin(stores, test);
  const a = world.owner('A', { start: 'latest' });
  const settled = a.points.hold('settled');
  await world.append('interactions');
  const start = world.end;
  a.start();
  await settled.reached;
  a.crash();
  world.assignment.giveTo('B');
  await world.append('interactions');
  await world.owner('B', { start: 'latest' }).start().caughtUp(world.end);
  await world.expectUninterrupted(start);
});

it.concurrent('first-worded: the next owner does not see the committed start at once', async (test) => {
  const world = World.begin(stores, test);
  const a = world.owner('A', { start: 'latest' });
  const answers = keepOffsets(a.points);
  const settled = a.points.hold('settled');
  await world.append('interactions');
  const start = world.end;
  a.start();
  await settled.reached;
  a.crash();
  world.assignment.giveTo('B');
  await world.append('interactions');
  const b = world.owner('B', { start: 'latest' });
  answerOffsets(b.points, answers[0]!, 1);
  await b.start().caughtUp(world.end);
  await world.expectUninterrupted(start);
});

it.concurrent('start-shown-whole: the sentinel of a start shows before its offsets do', async (test) => {
  const world = World.begin(stores, test);
  const a = world.owner('A', { start: 'latest' });
  let torn = 0;
  /** Two looks: the one of the take-over, and the next. */
  const tearTwice = (): void => {
    a.points.next('offsets', async (fetch) => {
      const { responses } = await fetch();
      const sentinels = responses.filter(({ partitions }) => partitions.some(({ metadata }) => metadata !== ''));
      const isStart = sentinels.some(({ partitions }) =>
        partitions.some(({ metadata }) => metadata.endsWith('/started')),
      );
      if (isStart) torn += 1;
      if (torn < 2) tearTwice();
      return { responses: isStart ? sentinels : responses };
    });
  };
  tearTwice();
  await world.append('interactions');
  await a.start().caughtUp(world.end);
  expect([torn, a.takenOver]).toEqual([2, 1]);
  await world.expectUninterrupted(world.end);
});
