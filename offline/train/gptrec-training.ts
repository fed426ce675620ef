/** Trains GPTRec by the paper's protocol: Adam, full-softmax cross entropy, early stopping on validation NDCG@10. */
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs';
import type { WeightArray } from '../../src/checkpoint/checkpoint.js';
import type { GptRecShape } from '../../src/model/shapes.js';
import { type GptRecWeights, trunk } from '../../src/model/gptrec.js';
import { takeRows } from '../../src/model/gradients.js';
import { saveTensors } from '../../src/model/weights.js';
import type { Split, UserSequences } from '../dataset/split.js';
import { casesOf, rankCases } from '../evaluate/cases.js';
import { rankingMetrics } from '../evaluate/ranking-metrics.js';
import { createProgress } from '../../src/terminal/progress.js';
import { createRandom } from '../random.js';
import { adam } from './adam.js';
import { type Batch, trainingBatch, userCount } from './batches.js';
import { createDropouts, type Dropout } from './dropout.js';
import { initialGptRec } from './initialise.js';
import { itemCrossEntropy } from './loss.js';
import { disposeOptimised, type Optimised, startOptimising, tensorsOf, withTensors } from './optimised.js';
import { type EpochRecord, type TrainingState, loadTrainingState, saveTrainingState } from './training-state.js';

export interface GptRecTraining {
  readonly shape: GptRecShape;
  readonly seed: number;
  /** Users a batch. */
  readonly batch: number;
  readonly epochs: number;
  /** Epochs without a better validation NDCG@10 before it stops. */
  readonly patience: number;
  readonly learningRate: number;
  readonly dropout: number;
}

/** The paper's (section 5 and its authors' code), but for shape.items. */
export const PAPER_TRAINING = { batch: 128, epochs: 100, patience: 10, learningRate: 1e-3, dropout: 0.1 } as const;
export const PAPER_SHAPE = { width: 64, heads: 2, layers: 3, window: 64 } as const;

export interface TrainedGptRec {
  /** Of the best epoch. */
  readonly weights: ReadonlyMap<string, WeightArray>;
  readonly history: readonly EpochRecord[];
  readonly best: EpochRecord;
}

/** Resumes from the folder's state where there is one. @throws the signal's reason when it is aborted. */
export async function trainGptRec(
  split: Split,
  training: GptRecTraining,
  folder: string,
  signal: AbortSignal,
): Promise<TrainedGptRec> {
  const file = path.join(folder, 'training-state.safetensors');
  let state = (await loadTrainingState(file, training.shape)) ?? firstState(training);
  const progress = createProgress({ label: 'GPTRec', total: training.epochs, unit: 'epochs' });
  if (state.history.length > 0) progress.tick(state.history.length, 'resumed');
  while (!isFinished(state.history, training)) {
    state = await trainEpoch(state, split, training, signal);
    await saveTrainingState(file, state);
    const last = state.history.at(-1);
    if (last) {
      const rate = Math.round(last.tokens / last.seconds);
      progress.tick(last.epoch, `loss ${last.loss.toFixed(3)}, NDCG@10 ${last.ndcg.toFixed(4)}, ${rate} tokens/s`);
    }
  }
  disposeOptimised(state);
  const best = bestEpoch(state.history);
  if (best === undefined) throw new Error('training needs at least one epoch');
  progress.end(`best epoch ${best.epoch}, validation NDCG@10 ${best.ndcg.toFixed(4)}`);
  return { weights: state.best, history: state.history, best };
}

const firstState = ({ shape, seed }: GptRecTraining): TrainingState => ({
  ...startOptimising(initialGptRec(shape, seed)),
  best: new Map(),
  history: [],
});

/** The first of the best: a tie does not count as better. */
const bestEpoch = (history: readonly EpochRecord[]): EpochRecord | undefined =>
  history.reduce<EpochRecord | undefined>((best, next) => (best && best.ndcg >= next.ndcg ? best : next), undefined);

const isFinished = (history: readonly EpochRecord[], { epochs, patience }: GptRecTraining): boolean =>
  history.length >= epochs || history.length - (bestEpoch(history)?.epoch ?? 0) >= patience;

async function trainEpoch(
  before: TrainingState,
  split: Split,
  training: GptRecTraining,
  signal: AbortSignal,
): Promise<TrainingState> {
  const epoch = before.history.length + 1;
  const started = performance.now();
  const steps = epochBatches(split.train, training, epoch);
  const progress = createProgress({ label: `epoch ${epoch}`, total: steps.length, unit: 'steps' });
  let { weights, moments }: Optimised<GptRecWeights> = before;
  const dropouts = createDropouts(training.dropout);
  let lossSum = 0;
  let tokens = 0;
  for (const [index, users] of steps.entries()) {
    if (signal.aborted) {
      disposeOptimised({ weights, moments });
      signal.throwIfAborted();
    }
    const batch = trainingBatch(split.train, users, training.shape.window);
    if (batch.targets.length === 0) continue;
    const step = trainingStep({ weights, moments }, batch, training, dropouts(training.seed, epoch, index));
    ({ weights, moments } = step);
    lossSum += step.loss * batch.targets.length;
    tokens += batch.targets.length;
    progress.tick(index + 1, `loss ${(lossSum / tokens).toFixed(3)}`);
    // Lets signals and timers through: a step blocks the thread.
    await new Promise(setImmediate);
  }
  const seconds = (performance.now() - started) / 1000;
  const ndcg = validationNdcg(weights, split, training.shape);
  const record = { epoch, loss: lossSum / tokens, ndcg, tokens, seconds };
  const isBest = ndcg > (bestEpoch(before.history)?.ndcg ?? -1);
  const best = isBest ? saveTensors(weights, 'gptrec') : before.best;
  return { weights, moments, best, history: [...before.history, record] };
}

/** Users of every batch of an epoch, in an order of their own for each epoch. */
function epochBatches(sequences: UserSequences, { batch, seed }: GptRecTraining, epoch: number): Int32Array[] {
  const order = createRandom(seed, epoch).shuffle(Int32Array.from({ length: userCount(sequences) }, (_, user) => user));
  return Array.from({ length: Math.ceil(order.length / batch) }, (_, i) => order.subarray(i * batch, (i + 1) * batch));
}

interface Step extends Optimised<GptRecWeights> {
  readonly loss: number;
}

/** One update. Consumes the tensors that it is given. */
export function trainingStep(
  { weights, moments }: Optimised<GptRecWeights>,
  batch: Batch,
  { shape, learningRate }: Pick<GptRecTraining, 'shape' | 'learningRate'>,
  dropout: Dropout,
): Step {
  const tensors = tensorsOf(weights);
  const { value, grads } = tf.tidy(() =>
    tf.valueAndGrads((...leaf: Tensor[]) => batchLoss(withTensors(weights, leaf), shape, batch, dropout))(tensors),
  );
  const next = adam(tensors, grads, moments, learningRate);
  const loss = value.dataSync()[0] ?? Number.NaN;
  tf.dispose([value, ...grads]);
  disposeOptimised({ weights, moments });
  const updated = { weights: withTensors(weights, next.weights), moments: next.state };
  if (Number.isFinite(loss)) return { ...updated, loss };
  disposeOptimised(updated);
  throw new Error(`training diverged: the loss is ${loss}; lower the learning rate`);
}

function batchLoss(weights: GptRecWeights, { heads }: GptRecShape, batch: Batch, dropout: Dropout): Scalar {
  const { inputs, positions, targets, size, window } = batch;
  const states = trunk(weights, heads, tf.tensor2d(inputs, [size, window], 'int32'), { dropout });
  const flat = states.reshape([size * window, -1]) as Tensor2D;
  const isFull = positions.length === size * window;
  const real = isFull ? flat : takeRows(flat, tf.tensor1d(positions, 'int32'));
  return itemCrossEntropy(real, weights.items as Tensor2D, tf.tensor1d(targets, 'int32'));
}

function validationNdcg(weights: GptRecWeights, split: Split, { heads, window }: GptRecShape): number {
  const cases = casesOf(split.validation);
  const lists = rankCases({ gptrec: weights, heads }, cases, { window, k: 10 });
  return rankingMetrics(lists, cases, split.items.length).ndcg;
}
