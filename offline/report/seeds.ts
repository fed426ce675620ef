/** Dictionaries that differ in nothing but the seed are one point of a curve, with its spread. */
import type { ParetoRow } from '../pareto/table.js';
import type { DictionaryRun } from './report-data.js';

export interface Group extends Pick<ParetoRow, 'name' | 'kind' | 'sparsity' | 'features' | 'layer' | 'site' | 'steps'> {
  /** One a seed, or a model. */
  readonly rows: readonly ParetoRow[];
}

/** In the order in which they were measured. A dictionary that several runs hold counts once. */
export function groupsOf(runs: readonly DictionaryRun[]): Group[] {
  const rows = new Map(runs.flatMap(({ table }) => table.rows).map((row) => [row.origin, row]));
  const groups = new Map<string, ParetoRow[]>();
  for (const row of rows.values()) {
    const { kind, sparsity, features, layer, site, steps } = row;
    const key = JSON.stringify([kind, sparsity, features, layer, site, steps]);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].flatMap((members) => {
    const [first] = members;
    if (first === undefined) return [];
    const { kind, sparsity, features, layer, site, steps } = first;
    const name = first.name.replace(/-seed-?\d+$/, '');
    return [{ name, kind, sparsity, features, layer, site, steps, rows: members }];
  });
}

/** The steps of a group, where not all were trained equally long; else nothing. */
export const stepsOf = ({ steps }: Group, all: readonly Group[]): string[] =>
  all.every((other) => other.steps === steps) ? [] : [`${steps} steps`];

export interface Spread {
  readonly n: number;
  readonly mean: number;
  /** Standard deviation of the sample; null of one value. */
  readonly deviation: number | null;
}

export function spreadOf(values: readonly number[]): Spread {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, n);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { n, mean, deviation: n > 1 ? Math.sqrt(squares / (n - 1)) : null };
}

/** What a reader must know of the points before believing them. */
export function seedsText(groups: readonly Group[], runs: readonly DictionaryRun[]): string {
  const counts = groups.map(({ rows }) => rows.length);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const models = new Set(runs.map(({ table }) => table.train)).size;
  const on = models === 1 ? 'all on one trained model' : `on ${models} trained models`;
  if (most <= 1) return `One seed each, ${on}: how much a point would move with another seed is not known.`;
  const seeds = least === most ? `${most} seeds` : `${least} to ${most} seeds`;
  return `Means over ${seeds} of the dictionary, ${on}; bars reach one standard deviation up and down, and there are none where there is one seed.`;
}
