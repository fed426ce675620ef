/** The evaluate step's results as text. */
import type { EvaluationReport, SweepCell } from './results.js';

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
      ['attribute', 'mode', ...some(report.steering[0]?.cells ?? []).map(({ strength }) => String(strength))],
      report.steering.map(({ attribute, mode, cells }) => [
        attribute,
        mode,
        ...some(cells).map(({ share, ndcgKept }) => `${fixed(share)} (${percent(ndcgKept)})`),
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

const MOST_COLUMNS = 7;

/** As many as a table holds, spread evenly over a long sweep, with both ends. */
function some(cells: readonly SweepCell[]): SweepCell[] {
  const stride = Math.max(1, (cells.length - 1) / (MOST_COLUMNS - 1));
  return cells.filter((_, i) => Math.abs(i - Math.round(Math.round(i / stride) * stride)) < 0.5);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
