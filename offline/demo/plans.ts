/**
 * How much model fits into how much time. A plan is a set of shapes and steps; the demo takes the largest whose
 * training, at the speed measured on the runtime present, fits into its part of the budget.
 */
import type { GptRecShape } from '../../src/model/shapes.js';
import { PAPER_FEATURES, PAPER_SAE } from '../sae/dictionary.js';
import { type GptRecTraining, PAPER_SHAPE, PAPER_TRAINING } from '../train/gptrec-training.js';

export interface Plan {
  readonly name: string;
  readonly train: Omit<GptRecShape, 'items'> & Omit<GptRecTraining, 'shape' | 'seed'>;
  readonly sae: {
    readonly features: number;
    readonly steps: number;
    readonly warmUp: number;
    readonly batch: number;
    readonly l1: number;
    readonly learningRate: number;
    readonly loss: 'unsquared' | 'squared';
    readonly layer: number;
  };
  readonly calibrate: { readonly users: number; readonly maxAttributes: number };
  /** Epochs after which more bring little: fewer give up quality. */
  readonly enoughEpochs: number;
  /** NDCG@10 of the test users of MovieLens 1M after enough epochs (docs/results/ml-1m.md); 0: not measured. */
  readonly ndcg: number;
}

/** Everything as in the paper. */
export const PAPER_PLAN: Plan = {
  name: 'paper',
  train: { ...PAPER_SHAPE, ...PAPER_TRAINING },
  sae: { ...PAPER_SAE, features: PAPER_FEATURES, layer: 1 },
  calibrate: { users: 500, maxAttributes: 64 },
  enoughEpochs: 35,
  ndcg: 0.121,
};

const SMALL_PLAN: Plan = {
  name: 'small',
  train: {
    ...PAPER_PLAN.train,
    width: 32,
    layers: 2,
    window: 32,
    batch: 64,
    learningRate: 2e-3,
    epochs: 40,
    patience: 6,
  },
  sae: { ...PAPER_PLAN.sae, features: 512, steps: 4_000, warmUp: 400 },
  calibrate: { users: 300, maxAttributes: 32 },
  enoughEpochs: 17,
  ndcg: 0.111,
};

const TINY_PLAN: Plan = {
  name: 'tiny',
  train: { ...SMALL_PLAN.train, layers: 2, window: 16, batch: 32, learningRate: 3e-3 },
  sae: { ...SMALL_PLAN.sae, features: 256, steps: 2_000, warmUp: 200 },
  calibrate: { users: 200, maxAttributes: 20 },
  enoughEpochs: 28,
  ndcg: 0.085,
};

/** Largest first. */
export const PLANS: readonly Plan[] = [PAPER_PLAN, SMALL_PLAN, TINY_PLAN];

/** For the synthetic log: some 400 items, fitted to two cores and WebAssembly. */
export const SYNTHETIC_PLAN: Plan = {
  name: 'synthetic',
  train: { ...SMALL_PLAN.train, batch: 32, learningRate: 3e-3, epochs: 10, patience: 3 },
  sae: { ...SMALL_PLAN.sae, features: 256, steps: 1_500, warmUp: 150 },
  calibrate: { users: 300, maxAttributes: 24 },
  enoughEpochs: 8,
  ndcg: 0,
};

/** Share of the budget that training may take; import, SAE, calibration and evaluation take the rest. */
const TRAINING_SHARE = 0.6;

export interface ChosenPlan {
  readonly plan: Plan;
  /** Epochs that fit; the plan's own number at most. */
  readonly epochs: number;
  readonly secondsPerEpoch: number;
}

/** @param secondsPerEpoch measured for a plan */
export function choosePlan(
  budgetSeconds: number,
  secondsPerEpoch: (plan: Plan) => number,
  plans: readonly Plan[] = PLANS,
): ChosenPlan {
  let chosen: ChosenPlan | undefined;
  for (const plan of plans) {
    const seconds = secondsPerEpoch(plan);
    const fitting = Math.floor((TRAINING_SHARE * budgetSeconds) / seconds);
    chosen = { plan, epochs: Math.max(1, Math.min(plan.train.epochs, fitting)), secondsPerEpoch: seconds };
    if (fitting >= plan.enoughEpochs) break;
  }
  if (chosen === undefined) throw new Error('there are no plans to choose from');
  return chosen;
}

/** The choice for people, and what it gives up against the paper's protocol. */
export function announcePlan(
  { plan, epochs, secondsPerEpoch }: ChosenPlan,
  budgetMinutes: number,
  runtime: string,
): string {
  const { width, layers, window } = plan.train;
  const chosen =
    `plan ${plan.name}: width ${width}, ${layers} layers, window ${window}, at most ${epochs} epochs of ` +
    `${secondsPerEpoch.toFixed(1)} s on ${runtime} (--budget ${budgetMinutes})`;
  return `${chosen}\n${givenUp(plan, epochs)}`;
}

function givenUp(plan: Plan, epochs: number): string {
  const smaller =
    plan.ndcg < PAPER_PLAN.ndcg ? `NDCG@10 ${plan.ndcg} instead of ${PAPER_PLAN.ndcg} on MovieLens 1M` : '';
  const shorter =
    epochs < plan.enoughEpochs ? `training ends after ${epochs} epochs where ${plan.enoughEpochs} are enough` : '';
  const losses = [smaller, shorter].filter((loss) => loss !== '');
  if (losses.length === 0) return "  this is the paper's protocol: nothing is given up";
  return `  against the paper's protocol this gives up quality: ${losses.join(', and ')} (--budget gives more time, --paper all of it)`;
}
