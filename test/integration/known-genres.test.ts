/**
 * On a synthetic log whose users each keep to a genre, the right answer is known: the dictionaries must find the genres,
 * and setting a genre's feature must move its share.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../offline/cli.js';
import type { EvaluationReport } from '../../offline/evaluate/results.js';
import type { ParetoTable } from '../../offline/pareto/table.js';

const dir = mkdtempSync(join(tmpdir(), 'steerstream-known-'));
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

async function cli(...args: readonly string[]): Promise<void> {
  const errors: string[] = [];
  const terminal = {
    env: {},
    signal: new AbortController().signal,
    out: () => undefined,
    err: (text: string) => void errors.push(text),
  };
  expect(await runCli([...args, '--dir', dir], terminal), errors.join('')).toBe(0);
}

const WASM = ['--runtime', 'wasm'];
/** One genre an item, no series, hardly a changing mood: what a user takes shows the genre, and nothing else. */
const WORLD = '--users 800 --items 60 --genres 4 --two-genres 0 --taste 6 --mood-noise 0.1 --in-series 0 --zipf 0';
const MODEL = '--width 16 --layers 1 --window 16 --batch 32 --learning-rate 0.01 --epochs 4 --dropout 0';
const SAE =
  '--kind l1,topk,batch-topk,matryoshka,jumprelu --features 16,64 --l1 0.3 --k 2 --learning-rate 0.005 --batch 128';
const words = (text: string): string[] => text.split(' ');

/** The smallest prefix of Matryoshka's dictionary, a sixteenth, has to hold the four genres: in fewer it unites them. */
const sizeOf = (kind: string): number => (kind === 'matryoshka' ? 64 : 16);

/** Mean correlation of the genres' top features, by kind. */
async function correlations(...schedule: readonly string[]): Promise<ReadonlyMap<string, number>> {
  await cli('sae', ...WASM, ...words(SAE), ...schedule);
  await cli('pareto', ...WASM);
  const table = JSON.parse(readFileSync(join(dir, 'pareto/paper/pareto.json'), 'utf8')) as ParetoTable;
  const rows = table.rows.filter(({ kind, features }) => features === sizeOf(kind));
  return new Map(rows.map(({ kind, meanCorrelation }) => [kind, meanCorrelation]));
}

describe('a log whose genres are known', () => {
  beforeAll(async () => {
    await cli('import', 'synthetic', ...words(WORLD), '--mean-events', '12', '--series-follow', '0');
    await cli('dataset');
    await cli('train', ...WASM, ...words(MODEL));
  }, 60_000);

  it('is found out by every kind of dictionary: a feature for each genre; untrained ones do not find it', async () => {
    const untrained = await correlations('--steps', '1', '--warm-up', '1');
    const trained = await correlations('--steps', '500', '--warm-up', '50');
    expect(trained.size).toBe(5);
    // Some of sixteen random features line up by luck: the floor that any such figure stands on.
    for (const [kind, correlation] of trained) {
      expect(correlation, kind).toBeGreaterThan(0.8);
      expect(correlation, kind).toBeGreaterThan(untrained.get(kind)! + 0.05);
    }
  }, 120_000);

  it('is steered: the share of a genre rises with the strength of its feature, from hardly any to most', async () => {
    await cli('calibrate', ...WASM, '--users', '60', '--max-attributes', '4');
    await cli('evaluate', ...WASM, '--strengths=-8,-4,-2,-1,0,1,2,4,8', '--brief');
    const { steering } = JSON.parse(readFileSync(join(dir, 'evaluate/paper/report.json'), 'utf8')) as EvaluationReport;
    expect(steering.map(({ attribute, mode }) => `${attribute} ${mode}`).sort()).toHaveLength(8);
    for (const { attribute, mode, cells } of steering) {
      const shares = cells.map(({ share }) => share);
      expect(shares, `${attribute} ${mode}`).toEqual(shares.toSorted((a, b) => a - b));
      expect(shares[0], `${attribute} ${mode}`).toBeLessThan(0.05);
      // A list cannot hold more of a genre than its user has not seen.
      expect(shares.at(-1), `${attribute} ${mode}`).toBeGreaterThan(0.6);
    }
  }, 60_000);
});
