/** Trains GPTRec by the paper's protocol: Adam, full-softmax cross entropy, early stopping on validation NDCG@10. */
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { WeightArray } from '../../src/checkpoint/checkpoint.js';
import type { GptRecShape } from '../../src/model/shapes.js';
import { type GptRecWeights, trunk } from '../../src/model/gptrec.js';
import { takeRows } from '../../src/model/gradients.js';
import { disposeTensors, saveTensors } from '../../src/model/weights.js';
import type { Split, UserSequences } from '../dataset/split.js';
import { casesOf, rankCases } from '../evaluate/cases.js';
import { rankingMetrics } from '../evaluate/ranking-metrics.js';
import { createProgress } from '../../src/terminal/progress.js';
import { createRandom } from '../random.js';
import { adam } from './adam.js';
import { type Batch, trainingParts, userCount } from './batches.js';
import { createDropouts, type Dropout } from './dropout.js';
import { initialGptRec } from './initialise.js';
import { type RateSchedule, rateAt } from './learning-rate.js';
import { itemCrossEntropy } from './loss.js';
import { disposeOptimised, type Optimised, startOptimising, tensorsOf, withTensors } from './optimised.js';
import { averaged } from './weight-average.js';
import { decayed } from './weight-decay.js';
import { type EpochRecord, type TrainingState, loadTrainingState, saveTrainingState } from './training-state.js';

export interface GptRecTraining extends RateSchedule {
  readonly shape: GptRecShape;
  readonly seed: number;
  /** Users a batch. */
  readonly batch: number;
  readonly epochs: number;
  /** Epochs without a better validation NDCG@10 before it stops. */
  readonly patience: number;
  readonly dropout: number;
  /** Of AdamW; 0: Adam. */
  readonly weightDecay: number;
  /** Which of a user's windows an epoch takes: the newest, or one at random. */
  readonly windows: (typeof WINDOWS)[number];
  /** How much of the average of the weights a step keeps; what is validated and kept is the average. 0: none. */
  readonly average: number;
}

export const WINDOWS = ['newest', 'random'] as const;

/** The paper's (section 5 and its authors' code), but for shape.items. */
export const PAPER_TRAINING = {
  batch: 128,
  epochs: 100,
  patience: 10,
  learningRate: 1e-3,
  warmUp: 0,
  schedule: 'constant',
  dropout: 0.1,
  weightDecay: 0,
  windows: 'newest',
  average: 0,
} as const;
export const PAPER_SHAPE = { width: 64, heads: 2, layers: 3, window: 64 } as const;

export interface TrainedGptRec {
  /** Of the best epoch. */
  readonly weights: ReadonlyMap<string, WeightArray>;
  readonly history: readonly EpochRecord[];
  readonly best: EpochRecord;
}

type Averaging = Pick<TrainingState, 'weights' | 'moments' | 'average'>;

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
  disposeTraining(state);
  const best = bestEpoch(state.history);
  if (best === undefined) throw new Error('training needs at least one epoch');
  progress.end(`best epoch ${best.epoch}, validation NDCG@10 ${best.ndcg.toFixed(4)}`);
  return { weights: state.best, history: state.history, best };
}

const firstState = ({ shape, seed, average }: GptRecTraining): TrainingState => ({
  ...startOptimising(initialGptRec(shape, seed)),
  ...(average > 0 && { average: initialGptRec(shape, seed) }),
  best: new Map(),
  history: [],
});

/** The first of the best: a tie does not count as better. */
const bestEpoch = (history: readonly EpochRecord[]): EpochRecord | undefined =>
  history.reduce<EpochRecord | undefined>((best, next) => (best && best.ndcg >= next.ndcg ? best : next), undefined);

const isFinished = (history: readonly EpochRecord[], { epochs, patience }: GptRecTraining): boolean =>
  history.length >= epochs || history.length - (bestEpoch(history)?.epoch ?? 0) >= patience;

function disposeTraining({ weights, moments, average }: Averaging): void {
  disposeOptimised({ weights, moments });
  if (average) disposeTensors(average);
}

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
  let { weights, moments, average }: Averaging = before;
  const dropouts = createDropouts(training.dropout);
  let lossSum = 0;
  let tokens = 0;
  for (const [index, users] of steps.entries()) {
    if (signal.aborted) {
      disposeTraining({ weights, moments, ...(average && { average }) });
      signal.throwIfAborted();
    }
    const parts = trainingParts(split.train, users, training.shape.window, skipOf(training, epoch));
    if (parts.length === 0) continue;
    const dropout = dropouts(training.seed, epoch, index);
    const learningRate = rateAt(moments.step, training.epochs * steps.length, training);
    const step = trainingStep({ weights, moments }, parts, { ...training, learningRate }, dropout);
    ({ weights, moments } = step);
    if (average) {
      const next = averaged(average, weights, training.average, moments.step);
      disposeTensors(average);
      average = next;
    }
    lossSum += step.loss * step.tokens;
    tokens += step.tokens;
    progress.tick(index + 1, `loss ${(lossSum / tokens).toFixed(3)}`);
    // Lets signals and timers through: a step blocks the thread.
    await new Promise(setImmediate);
  }
  const seconds = (performance.now() - started) / 1000;
  const judged = average ?? weights;
  const ndcg = validationNdcg(judged, split, training.shape);
  const record = { epoch, loss: lossSum / tokens, ndcg, tokens, seconds };
  const isBest = ndcg > (bestEpoch(before.history)?.ndcg ?? -1);
  const best = isBest ? saveTensors(judged, 'gptrec') : before.best;
  return { weights, moments, ...(average && { average }), best, history: [...before.history, record] };
}

/** Users of every batch of an epoch, in an order of their own for each epoch. */
function epochBatches(sequences: UserSequences, { batch, seed }: GptRecTraining, epoch: number): Int32Array[] {
  const order = createRandom(seed, epoch).shuffle(Int32Array.from({ length: userCount(sequences) }, (_, user) => user));
  return Array.from({ length: Math.ceil(order.length / batch) }, (_, i) => order.subarray(i * batch, (i + 1) * batch));
}

/** How many of a user's newest items an epoch's window leaves out, of those that do not fit into it. */
function skipOf(
  { windows, seed }: GptRecTraining,
  epoch: number,
): ((user: number, surplus: number) => number) | undefined {
  if (windows === 'newest') return undefined;
  return (user, surplus) => createRandom(seed, epoch, user).below(surplus + 1);
}

interface Step extends Optimised<GptRecWeights> {
  /** Mean over the step's tokens. */
  readonly loss: number;
  /** Positions with a target. */
  readonly tokens: number;
}

/** One update on the parts of a batch. Consumes the tensors that it is given. */
export function trainingStep(
  { weights, moments }: Optimised<GptRecWeights>,
  parts: readonly Batch[],
  { shape, learningRate, weightDecay = 0 }: Pick<GptRecTraining, 'shape' | 'learningRate'> & { weightDecay?: number },
  dropout: Dropout,
): Step {
  const tensors = tensorsOf(weights);
  const { value, grads } = tf.tidy(() =>
    tf.valueAndGrads((...leaf: Tensor[]) => batchLoss(withTensors(weights, leaf), shape, parts, dropout))(tensors),
  );
  const next = adam(tensors, grads, moments, learningRate);
  const loss = value.dataSync()[0] ?? Number.NaN;
  tf.dispose([value, ...grads]);
  disposeOptimised({ weights, moments });
  const left = decayed(next.weights, learningRate, weightDecay);
  const updated = { weights: withTensors(weights, left), moments: next.state };
  if (Number.isFinite(loss))
    return { ...updated, loss, tokens: parts.reduce((sum, part) => sum + part.targets.length, 0) };
  disposeOptimised(updated);
  throw new Error(`training diverged: the loss is ${loss}; lower the learning rate`);
}

/** Mean over all tokens of the parts. */
function batchLoss(weights: GptRecWeights, { heads }: GptRecShape, parts: readonly Batch[], dropout: Dropout): Scalar {
  const states = parts.map((part) => realStates(weights, heads, part, dropout));
  const targets = parts.map((part) => tf.tensor1d(part.targets, 'int32'));
  return itemCrossEntropy(joined(states), weights.items as Tensor2D, joined(targets));
}

/** What the output head gets at the positions that have a target, [N, d]. */
function realStates(
  weights: GptRecWeights,
  heads: number,
  { inputs, positions, size, window }: Batch,
  dropout: Dropout,
): Tensor2D {
  const states = trunk(weights, heads, tf.tensor2d(inputs, [size, window], 'int32'), { dropout });
  const flat = states.reshape([size * window, -1]) as Tensor2D;
  return positions.length === size * window ? flat : takeRows(flat, tf.tensor1d(positions, 'int32'));
}

const joined = <T extends Tensor1D | Tensor2D>(tensors: T[]): T =>
  tensors.length === 1 && tensors[0] ? tensors[0] : (tf.concat(tensors) as T);

/** NDCG@10 of the validation users. */
export function validationNdcg(weights: GptRecWeights, split: Split, { heads, window }: GptRecShape): number {
  const cases = casesOf(split.validation);
  const lists = rankCases({ gptrec: weights, heads }, cases, { window, k: 10 });
  return rankingMetrics(lists, cases, split.items.length).ndcg;
}
