/** What the engine bench compares with what: groups of ways, of which the first is what the others are told against. */
import { openOnnxModel } from '../../../src/adapters/onnx/onnx-model.js';
import { createTfjsEngine } from '../../../src/adapters/tfjs/tfjs-engine.js';
import type { RuntimeName } from '../../../src/adapters/tfjs/runtime.js';
import type { Checkpoint } from '../../../src/checkpoint/checkpoint.js';
import type { Edit } from '../../../src/model/edit.js';
import type { Ranking } from '../../../src/ports/engine.js';
import { effectsOf } from '../../../src/recommend/effects.js';
import { createItemIndex } from '../../../src/recommend/item-index.js';
import type { PlannedGain } from '../../../src/steering/plan.js';
import { BARE, bareWay, type Make, ONE_THREAD, plainWindows, stepWay, windowWay } from './ways.js';
import { randomCheckpoint, randomRequests, type Rules, STEERING } from './workload.js';

/** Lists a second of a way, measured for about so many ms. */
export type Rate = (ms: number) => Promise<number>;

export interface Group {
  readonly title: string;
  open(): Promise<{ readonly rates: Readonly<Record<string, Rate>>; close(): Promise<void> }>;
}

export interface GroupOptions {
  readonly items: number;
  readonly batches: readonly number[];
  readonly catalogues: readonly number[];
  readonly tfjs: RuntimeName;
  /** PyTorch's ways, where there are any. */
  readonly peers: Readonly<Record<string, Rate>>;
}

/** Batch of what does not vary it. */
const BATCH = 64;
/** A whole window is 64 positions: more of them at once gain nothing. */
const LARGEST_WHOLE = 64;
const STEERED = 'one step, all steer';

export function groupsOf({ items, batches, catalogues, tfjs, peers }: GroupOptions): Group[] {
  return [
    ...batches.map((batch) => batchGroup(items, batch)),
    ...catalogues.map((count) => batchGroup(count, BATCH, false)),
    variants(
      items,
      'How users steer',
      STEERING.map((steering) => [steering, { steering }]),
    ),
    variants(
      items,
      'Length of the lists',
      [10, 100, 500].map((k) => [`k ${k}`, { k }]),
    ),
    variants(
      items,
      'Items that a user must not be shown',
      [0, 200, 2_000].map((n) => [`${n}`, { excluded: n }]),
    ),
    variants(items, 'Items that a context must not be shown', [
      ['none', {}],
      ['100 items', { blocked: Uint8Array.from({ length: items }, (_, i) => (i < 100 ? 1 : 0)) }],
      ['a tenth of the catalogue', { blocked: Uint8Array.from({ length: items }, (_, i) => (i % 10 === 0 ? 1 : 0)) }],
    ]),
    explanations(items),
    peerGroup(items, tfjs, peers),
  ];
}

function batchGroup(items: number, batch: number, isWhole = batch <= LARGEST_WHOLE): Group {
  return {
    title: `${items} items, batch ${batch}`,
    async open() {
      const checkpoint = randomCheckpoint(items);
      const bare = await Promise.all(BARE.map((what) => bareWay(what, checkpoint, batch)));
      const model = await openOnnxModel(checkpoint, ONE_THREAD);
      const steered = randomRequests(checkpoint, batch);
      const unsteered = randomRequests(checkpoint, batch, { steering: 'none' });
      const plain = isWhole ? [await plainWindows(checkpoint, unsteered)] : [];
      const ways: Record<string, Make> = {
        ...Object.fromEntries(BARE.map((what, i) => [what, bare[i]?.make ?? (() => Promise.resolve())])),
        [STEERED]: stepWay(model, checkpoint, steered),
        'one step, nobody steers': stepWay(model, checkpoint, unsteered),
        ...(isWhole && { 'whole windows': windowWay(model, steered) }),
        ...Object.fromEntries(plain.map(({ make }) => ['whole windows, every position in full', make])),
      };
      const close = async (): Promise<void> => {
        for (const way of [...bare, ...plain]) await way.close();
        await model.release();
      };
      return { rates: ratesOf(ways, batch), close };
    },
  };
}

function variants(items: number, title: string, rules: readonly (readonly [string, Rules])[]): Group {
  return {
    title: `${title}, batch ${BATCH}`,
    async open() {
      const checkpoint = randomCheckpoint(items);
      const model = await openOnnxModel(checkpoint, ONE_THREAD);
      const ways = Object.fromEntries(
        rules.map(([name, rule]) => [name, stepWay(model, checkpoint, randomRequests(checkpoint, BATCH, rule))]),
      );
      return { rates: ratesOf(ways, BATCH), close: () => model.release() };
    },
  };
}

/** What HTTP's levels cost: `contrast` makes each list a second time with no gain set. */
function explanations(items: number): Group {
  return {
    title: `Explanations, batch ${BATCH}`,
    async open() {
      const checkpoint = randomCheckpoint(items);
      const model = await openOnnxModel(checkpoint, ONE_THREAD);
      const requests = randomRequests(checkpoint, BATCH);
      const both = [...requests, ...requests.map((request) => ({ ...request, edits: [] }))];
      const index = createItemIndex(checkpoint);
      const gains = requests.map(({ edits }) => gainsOf(edits, checkpoint));
      const explain = (rankings: readonly Ranking[]): void => {
        for (const [i, ranking] of rankings.entries()) effectsOf(gains[i % BATCH] ?? [], ranking.items, index);
      };
      const ways = {
        none: stepWay(model, checkpoint, requests),
        effects: stepWay(model, checkpoint, requests, explain),
        contrast: stepWay(model, checkpoint, both, explain),
      };
      return { rates: ratesOf(ways, BATCH), close: () => model.release() };
    },
  };
}

/** Of which a map made the edits. */
const gainsOf = (edits: readonly Edit[], { attributes }: Checkpoint): PlannedGain[] =>
  edits.flatMap((edit): PlannedGain[] => {
    if (edit.kind !== 'score') return [];
    const attribute = attributes.names[edit.attribute] ?? '';
    return [{ attribute, gain: edit.amount, method: 'score', amount: edit.amount, limited: false }];
  });

function peerGroup(items: number, tfjs: RuntimeName, peers: GroupOptions['peers']): Group {
  return {
    title: `Other runtimes, batch ${BATCH}`,
    async open() {
      const checkpoint = randomCheckpoint(items);
      const model = await openOnnxModel(checkpoint, ONE_THREAD);
      const requests = randomRequests(checkpoint, BATCH);
      const reference = await (await createTfjsEngine(tfjs)).load(checkpoint);
      const ways: Record<string, Make> = {
        [STEERED]: stepWay(model, checkpoint, requests),
        'whole windows': windowWay(model, requests),
        [`TensorFlow.js, ${tfjs}`]: () => reference.recommend(requests),
      };
      const close = async (): Promise<void> => {
        reference.dispose();
        await model.release();
      };
      return { rates: { ...ratesOf(ways, BATCH), ...peers }, close };
    },
  };
}

function ratesOf(ways: Readonly<Record<string, Make>>, batch: number): Record<string, Rate> {
  return Object.fromEntries(Object.entries(ways).map(([name, make]) => [name, (ms) => rate(make, batch, ms)]));
}

async function rate(make: Make, batch: number, ms: number): Promise<number> {
  await make();
  const started = performance.now();
  let made = 0;
  do {
    await make();
    made += batch;
  } while (performance.now() - started < ms);
  return (made * 1_000) / (performance.now() - started);
}
