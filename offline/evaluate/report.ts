/** What the evaluate step measures, and the same as text. */
import type { RankingMetrics } from '../../src/checkpoint/manifest.js';

export interface NamedMetrics {
  readonly name: string;
  /** `test` users, or `sae` users: more of them, and GPTRec never saw them either. */
  readonly users: 'test' | 'sae';
  readonly metrics: RankingMetrics;
}

export interface AttributeRow {
  readonly attribute: string;
  readonly feature: number;
  readonly correlation: number;
  readonly auc: number;
  readonly sensitivity: number;
  readonly popularity: number;
  /** Correlation of the best single neuron. */
  readonly neuron: number;
}

export interface StrengthCell {
  readonly strength: number;
  readonly share: number;
  readonly ndcgKept: number;
}

export interface SteeringRow {
  readonly attribute: string;
  readonly mode: string;
  readonly cells: readonly StrengthCell[];
}

export interface GainRow {
  readonly attribute: string;
  readonly method: string;
  readonly base: number;
  readonly up: StrengthCell;
  readonly down: StrengthCell;
}

export interface EvaluationReport {
  readonly split: string;
  readonly ranking: readonly NamedMetrics[];
  readonly sae: {
    readonly rmse: number;
    readonly explainedVariance: number;
    readonly l0: number;
    readonly dead: number;
    readonly meanCorrelation: number;
    readonly meanNeuronCorrelation: number;
    readonly meanAuc: number;
    readonly meanSensitivity: number;
  };
  readonly attributes: readonly AttributeRow[];
  readonly steering: readonly SteeringRow[];
  readonly equalizer: readonly GainRow[];
}

const fixed = (value: number, digits = 3): string => value.toFixed(digits);
const percent = (value: number): string => `${(100 * value).toFixed(0)} %`;

/** Markdown tables. */
export function reportText(report: EvaluationReport): string {
  const { sae } = report;
  return [
    `# Evaluation (split: ${report.split})`,
    table(
      ['ranking', 'users', 'NDCG@10', 'HitRate@10', 'Coverage@10'],
      report.ranking.map(({ name, users, metrics }) => [
        name,
        `${metrics.users} ${users}`,
        fixed(metrics.ndcg, 4),
        fixed(metrics.hitRate),
        fixed(metrics.coverage),
      ]),
    ),
    `SAE: RMSE ${fixed(sae.rmse)}, explained variance ${fixed(sae.explainedVariance)}, L0 ${fixed(sae.l0, 1)}, dead features ${sae.dead}; ` +
      `mean top-feature correlation ${fixed(sae.meanCorrelation)} (neurons ${fixed(sae.meanNeuronCorrelation)}), ` +
      `AUC ${fixed(sae.meanAuc)}, sensitivity ${fixed(sae.meanSensitivity)}`,
    table(
      ['attribute', 'feature', 'correlation', 'AUC', 'sensitivity', 'popularity', 'best neuron'],
      report.attributes.map((row) => [
        row.attribute,
        String(row.feature),
        ...[row.correlation, row.auc, row.sensitivity, row.popularity, row.neuron].map((value) => fixed(value)),
      ]),
    ),
    'Feature set to a strength: share of the attribute in the top 10 (share of NDCG kept)',
    table(
      ['attribute', 'mode', ...(report.steering[0]?.cells ?? []).map(({ strength }) => String(strength))],
      report.steering.map(({ attribute, mode, cells }) => [
        attribute,
        mode,
        ...cells.map(({ share, ndcgKept }) => `${fixed(share)} (${percent(ndcgKept)})`),
      ]),
    ),
    'The equalizer at gain 1 and -1: share of the attribute in the top 10 (share of NDCG kept)',
    table(
      ['attribute', 'method', 'base', 'gain 1', 'gain -1'],
      report.equalizer.map(({ attribute, method, base, up, down }) => [
        attribute,
        method,
        fixed(base),
        ...[up, down].map(({ share, ndcgKept }) => `${fixed(share)} (${percent(ndcgKept)})`),
      ]),
    ),
  ].join('\n\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
