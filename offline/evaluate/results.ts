/** What the evaluate step measures: plain data, as it lies in report.json. */
import type { RankingMetrics } from '../../src/checkpoint/manifest.js';

export type NamedMetrics = {
  readonly name: string;
  /** `test` users, or `sae` users: more of them, and GPTRec never saw them either. */
  readonly users: 'test' | 'sae';
  readonly metrics: RankingMetrics;
};

export type AttributeRow = {
  readonly attribute: string;
  readonly feature: number;
  readonly correlation: number;
  readonly auc: number;
  readonly sensitivity: number;
  /** Share of the points whose item bears the attribute. */
  readonly popularity: number;
  /** Correlation of the best single neuron. */
  readonly neuron: number;
};

export type DictionarySummary = {
  readonly rmse: number;
  readonly explainedVariance: number;
  readonly l0: number;
  readonly dead: number;
  readonly meanCorrelation: number;
  readonly meanNeuronCorrelation: number;
  readonly meanAuc: number;
  readonly meanSensitivity: number;
};

export type StrengthCell = {
  readonly strength: number;
  readonly share: number;
  readonly ndcgKept: number;
};

/** What one intervention does to the lists of all test users. */
export type SweepCell = StrengthCell & {
  readonly ndcg: number;
  readonly coverage: number;
  readonly diversity: number;
  /** Share of the listed items that bear each attribute, in the order of the report's attributes. */
  readonly shares: readonly number[];
};

/** An attribute's top feature set to each strength. */
export type SteeringRow = {
  readonly attribute: string;
  readonly mode: string;
  readonly cells: readonly SweepCell[];
};

export type GainRow = {
  readonly attribute: string;
  readonly method: string;
  readonly base: number;
  readonly up: StrengthCell;
  readonly down: StrengthCell;
};

/** The best of many features that were never trained: how high a correlation comes by chance and choice alone. */
export type Floor = {
  readonly features: number;
  readonly seed: number;
  readonly meanCorrelation: number;
  readonly attributes: readonly { readonly attribute: string; readonly correlation: number }[];
};

/** Activations of a feature at positions whose item bears the attribute, and at all others. */
export type Histogram = {
  /** Of the bins above 0, ascending; one more than there are bins. */
  readonly edges: readonly number[];
  /** Shares of the positions of each kind; they and the share at 0 make 1. */
  readonly withAttribute: readonly number[];
  readonly without: readonly number[];
  readonly zeroWith: number;
  readonly zeroWithout: number;
};

export type SequenceItem = { readonly title: string; readonly activation: number; readonly bears: boolean };

/** A stretch of a user's window around the feature's greatest activation. */
export type StrongSequence = { readonly user: string; readonly items: readonly SequenceItem[] };

/** An attribute's top feature, looked at closely. */
export type Portrait = {
  readonly attribute: string;
  readonly feature: number;
  readonly histogram: Histogram;
  readonly sequences: readonly StrongSequence[];
};

/** p_top100: of the mass of a feature's 100 greatest activations, the share on items that bear an attribute. */
export type TopMass = {
  /** Of a series that was told from titles: `series/<its name>`. */
  readonly attribute: string;
  /** Share of all positions whose item bears it: what chance would give. */
  readonly popularity: number;
  /** The feature that correlates best; null where none was looked for. */
  readonly top: { readonly feature: number; readonly share: number } | null;
  /** The feature with the greatest share; null where none is active often enough, and at three items or more. */
  readonly best: {
    readonly feature: number;
    readonly share: number;
    /** Different items at its greatest activations. */
    readonly items: number;
  } | null;
};

export type HeatMap = {
  readonly attributes: readonly string[];
  readonly features: readonly number[];
  /** By attribute, by feature. */
  readonly correlation: readonly (readonly number[])[];
};

export type ShownItem = { readonly title: string; readonly bears: boolean };
export type ListedItem = ShownItem & { readonly isNew: boolean };

/** A user's list, unsteered and at several strengths. */
export type SteeredLists = {
  readonly attribute: string;
  readonly user: string;
  /** How much of the attribute the history holds, beside those of other users. */
  readonly standing: 'little' | 'middling' | 'much';
  readonly historyShare: number;
  /** The newest items, oldest first. */
  readonly history: readonly ShownItem[];
  /** What the user took next. */
  readonly target: ShownItem;
  readonly lists: readonly { readonly strength: number | null; readonly items: readonly ListedItem[] }[];
};

/** How well a line through the activations tells an attribute. */
export type ProbeRow = {
  readonly attribute: string;
  /** Of the logistic regression's probability, and of its logit. */
  readonly probability: number;
  readonly logit: number;
  readonly auc: number;
  /** Of the projection on the difference of means. */
  readonly difference: number;
};

/** The same step along each direction, all of unit length: x + strength * std * u at the last position. */
export type DirectionSweep = {
  readonly attribute: string;
  readonly method: string;
  readonly cells: readonly SweepCell[];
};

/** What the paper's tables and figures need beyond what is published. */
export type EvaluationDetails = {
  /** Of the dictionary's own size and place. */
  readonly floor: Floor;
  readonly heatMap: HeatMap;
  readonly topMass: readonly TopMass[];
  readonly portraits: readonly Portrait[];
  readonly lists: readonly SteeredLists[];
  readonly probes: readonly ProbeRow[];
  readonly directions: readonly DirectionSweep[];
};

export type EvaluationReport = {
  readonly split: string;
  /** The one that steers. */
  readonly dictionary: {
    readonly name: string;
    readonly features: number;
    readonly layer: number;
    readonly site: string;
  };
  readonly ranking: readonly NamedMetrics[];
  readonly sae: DictionarySummary;
  readonly attributes: readonly AttributeRow[];
  readonly steering: readonly SteeringRow[];
  readonly equalizer: readonly GainRow[];
  /** Left out by `--brief`. */
  readonly details?: EvaluationDetails;
};
