/** The whole offline way through its command line, on a small world: from a log to a published checkpoint. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../offline/cli.js';
import type { EvaluationReport } from '../../offline/evaluate/results.js';
import type { ParetoTable } from '../../offline/pareto/table.js';
import { METHODS } from '../../offline/steering/methods.js';
import type { SteeringComparison } from '../../offline/steering/report.js';
import type { StepRecord } from '../../offline/step.js';
import type { EpochRecord } from '../../offline/train/training-state.js';
import type { ReportData } from '../../offline/report/report-data.js';
import { FolderCheckpointStore } from '../../src/adapters/checkpoints/folder-checkpoint-store.js';
import { contentId, decodeCheckpoint } from '../../src/checkpoint/files.js';
import type { Manifest } from '../../src/checkpoint/manifest.js';
import type { SteeringMap } from '../../src/steering/steering-map.js';
import { temporaryFolder } from '../builders/folder.js';
import { abortsAfter } from '../builders/signal.js';

const dir = mkdtempSync(join(tmpdir(), 'steerstream-offline-'));
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const never = new AbortController().signal;
const cli = (...args: readonly string[]): Promise<Answer> => cliIn(dir, ...args);
const cliIn = (folder: string, ...args: readonly string[]): Promise<Answer> => cliWith(never, folder, ...args);

async function cliWith(signal: AbortSignal, folder: string, ...args: readonly string[]): Promise<Answer> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCli([...args, '--dir', folder], {
    env: {},
    signal,
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
  });
  return { code, out: out.join(''), err: err.join('') };
}

const WASM = ['--runtime', 'wasm'];
const IMPORT = ['import', 'synthetic', '--users', '120', '--items', '40', '--mean-events', '15'];
const TRAIN = ['train', ...WASM, '--width', '8', '--layers', '2', '--window', '8', '--epochs', '2', '--batch', '32'];
const SAE = ['sae', ...WASM, '--features', '32', '--steps', '60', '--warm-up', '10', '--batch', '32'];
const CALIBRATE = [
  'calibrate',
  ...WASM,
  '--users',
  '20',
  '--min-items',
  '5',
  '--learn-steps',
  '3',
  '--max-attributes',
  '3',
];
const EVALUATE = ['evaluate', ...WASM];
const STEERING = ['steering', ...WASM, '--cases', '50', '--steps', '5', '--judges', '10', '--min-items', '1'];
/** Each step, and what its line of result begins with. */
const STEPS: readonly (readonly [string[], RegExp])[] = [
  [['dataset'], /^dataset \(paper\): /m],
  [TRAIN, /^train: best of 2 epochs is [12], validation NDCG@10 /m],
  [
    SAE,
    /^sae: l1-0.1-32-block1: 32 features at block 1 \(block\), L0 [\d.]+, explained variance [\d.-]+, dead \d+ %$/m,
  ],
  [CALIBRATE, /^calibrate: 3 attributes \(best steered by: .*\); gain 1 is a lift of /m],
  [EVALUATE, /^# Evaluation \(split: paper\)/m],
  [['report'], /^report: .*index\.html$/m],
  [['publish'], /^publish: checkpoint 1-[0-9a-f]{8}$/m],
];

describe('from a log to a published checkpoint', () => {
  const first: Answer[] = [];
  beforeAll(async () => {
    await cli(...IMPORT);
    for (const [args] of STEPS) first.push(await cli(...args));
  }, 120_000);
  const store = (): FolderCheckpointStore => new FolderCheckpointStore(join(dir, 'checkpoints'));

  it('every step says what came out', () => {
    for (const [i, [, result]] of STEPS.entries()) {
      expect(first[i]).toMatchObject({ code: 0, err: '' });
      expect(first[i]?.out).toMatch(result);
    }
    expect(first[1]?.out).toContain('training on WebAssembly');
    expect(first[4]?.out).toContain('| item-to-item Markov |');
    expect(first[4]?.out).toContain('| GPTRec, SAE spliced in |');
  });

  it('the report is one page that loads nothing, with the numbers beside it', async () => {
    const folder = join(dir, 'report', 'paper');
    const page = readFileSync(join(folder, 'index.html'), 'utf8');
    expect(/<script|<link|<img|(src|href)=/.exec(page)).toBeNull();
    const ids = page.match(/(?<=aria-labelledby=")[a-z-]+(?=-title)/g);
    expect(ids).toEqual(expect.arrayContaining(['heat-map', 'comparison', 'histograms', 'sweep', 'directions']));
    expect(page.includes('run `npm run offline -- pareto`')).toBe(true);
    const data = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as ReportData;
    const { ranking, details } = data.evaluation;
    expect(readFileSync(join(folder, 'tables', 'ranking.csv'), 'utf8')).toContain(`,${ranking[0]?.metrics.ndcg},`);
    expect(details.floor).toMatchObject({ features: 32, seed: 42 });
    expect(new Set(details.lists.map(({ standing }) => standing)).size).toBe(3);
    expect(details.lists[0]?.lists.map(({ strength }) => strength)).toEqual([null, -5, 2, 5]);
    expect(details.directions[0]?.cells).toHaveLength(21);
    const names = data.evaluation.attributes.map(({ attribute }) => attribute);
    for (const { attribute, cells } of [...data.evaluation.steering, ...details.directions])
      for (const { share, shares } of cells) expect(share).toBe(shares[names.indexOf(attribute)]);
    for (const { cells } of details.directions)
      expect(cells.find(({ strength }) => strength === 0)).toMatchObject({
        ndcgKept: 1,
        ndcg: ranking[0]?.metrics.ndcg,
      });
    expect((await cli(...EVALUATE, '--strengths', '0,2')).out).toMatch(/^\| attribute \| mode \| 0 \| 2 \|$/m);
    expect((await cli(...EVALUATE, '--brief')).code).toBe(0);
    const refused = await cli('report');
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('the evaluation was brief');
    expect((await cli(...EVALUATE)).code).toBe(0);
  });

  /** Inputs do not say by which code a step was run: the step's number does, if it goes up with what comes out. */
  it('train and calibrate have other versions when they make other results: raise the version, then write what is found', async () => {
    const read = (name: string): unknown => JSON.parse(readFileSync(join(dir, name), 'utf8'));
    const version = (step: string): unknown => (read(`${step}/paper/step.json`) as StepRecord<unknown>).inputs;
    expect(version('train')).toMatchObject({ version: 1 });
    expect(version('calibrate')).toMatchObject({ version: 2 });
    const history = read('train/paper/history.json') as EpochRecord[];
    expect(history.map(({ loss, ndcg }) => [loss.toFixed(3), ndcg.toFixed(3)])).toEqual([
      ['3.691', '0.188'],
      ['3.683', '0.185'],
    ]);
    const { attributes } = read('calibrate/paper/steering-map.json') as SteeringMap;
    expect(attributes.map(({ attribute, method, maxLift }) => [attribute, method, maxLift.toFixed(2)])).toEqual([
      ['genre/Sci-Fi', 'hybrid', '1.71'],
      ['genre/Comedy', 'hybrid', '0.54'],
      ['genre/Documentary', 'hybrid', '0.54'],
    ]);
  });

  it('the checkpoint is whole, and says what made it', async () => {
    const { manifest, attributes, steeringMap, vocabulary } = decodeCheckpoint(await store().read(1));
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(manifest.madeBy).toEqual({ version, node: process.version, engine: 'wasm' });
    expect(manifest.gptrec).toEqual({ items: vocabulary.items.length, width: 8, heads: 2, layers: 2, window: 8 });
    expect(manifest.sae).toEqual({ width: 8, features: 32, layer: 1, site: 'block', activation: { kind: 'relu' } });
    expect(manifest.hyperparameters).toMatchObject({
      'train.epochs': 2,
      'train.seed': 42,
      'sae.kind': 'l1',
      'sae.l1': 0.1,
    });
    expect(manifest.snapshot['interactions']?.length).toBeGreaterThan(0);
    expect(attributes.names.some((name) => name.startsWith('genre/'))).toBe(true);
    expect(steeringMap.attributes).toHaveLength(3);
  });

  it('ranking measures the model alone, as evaluate does, and several runs together', async () => {
    const alone = await cli('ranking', ...WASM);
    expect(alone).toMatchObject({ code: 0, err: '' });
    const { metrics } = (JSON.parse(readFileSync(join(dir, 'evaluate/paper/report.json'), 'utf8')) as EvaluationReport)
      .ranking[0]!;
    expect(alone.out).toContain(`| GPTRec | ${metrics.users} test | hidden | ${metrics.ndcg.toFixed(4)} |`);
    const twice = await cli('ranking', ...WASM, '--runs', dir);
    expect(twice.out).toContain('already done');
    expect(twice.out).toContain(`| ${metrics.ndcg.toFixed(4)} ± 0.0000 |`);
    const missing = await cli('ranking', ...WASM, '--runs', join(dir, 'nowhere'));
    expect(missing.err).toMatch(/^there is no finished ranking for split paper in .*nowhere: run/);
  });

  it('steering compares every method on attributes that all its users have cases of, and knows when it is done', async () => {
    const compared = await cli(...STEERING);
    expect(compared).toMatchObject({ code: 0, err: '' });
    const leftOut = /^steering: left out, since no user who teaches, .*bears it: (.+)$/m
      .exec(compared.out)?.[1]
      ?.split(', ');
    expect(leftOut?.length).toBeGreaterThan(0);
    const bytes = readFileSync(join(dir, 'steering/paper/steering.json'), 'utf8');
    expect(bytes).not.toContain('null');
    const { attributes, chosenOn, judgedOn } = JSON.parse(bytes) as SteeringComparison;
    expect(attributes.length).toBeGreaterThan(0);
    expect(chosenOn).toBeGreaterThan(0);
    expect(judgedOn).toBe(10);
    for (const { attribute, intenders, methods } of attributes) {
      expect(leftOut).not.toContain(attribute);
      expect(compared.out).toContain(`## ${attribute} (${intenders.length} intents; `);
      expect(methods.map(({ method }) => method)).toEqual([...METHODS]);
      expect(methods[0]?.againstScore.best).toEqual({ mean: 0, low: 0, high: 0 });
    }
    const mistaken = await cli(...STEERING, '--attributes', 'genre/Nonsense');
    expect(mistaken.code).toBe(2);
    expect(mistaken.err).toMatch(/^no item bears genre\/Nonsense; there are genre\/.*\n$/);
    // The mistake cost nothing.
    expect((await cli(...STEERING)).out).toContain('already done');
    // Another list of attributes compares no attribute again.
    const [first] = attributes;
    const part = join(dir, 'steering-parts/paper', encodeURIComponent(`comparison ${first!.attribute}`), 'step.json');
    const before = readFileSync(part, 'utf8');
    const fewer = await cli(...STEERING, '--attributes', first!.attribute);
    expect(fewer.out).toContain(`## ${first!.attribute} (`);
    expect(readFileSync(part, 'utf8')).toBe(before);
  });

  it('steering compares concepts that nothing is labelled with when they are served, by what needs no label', async () => {
    const concepts = [...STEERING, '--concepts', 'genre,feature', '--features', '2', '--methods', 'delta,tuned'];
    const compared = await cli(...concepts, '--judged-cases', '5');
    expect(compared).toMatchObject({ code: 0, err: '' });
    const folder = join(dir, 'concepts/paper');
    const { attributes } = JSON.parse(readFileSync(join(folder, 'steering.json'), 'utf8')) as SteeringComparison;
    // Re-ranking is what they are held against; what is tuned would need labels.
    for (const { methods } of attributes) expect(methods.map(({ method }) => method)).toEqual(['score', 'delta']);
    const found = attributes.filter(({ attribute }) => attribute.startsWith('feature/'));
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeLessThan(attributes.length);
    for (const { attribute, about } of found) {
      expect(about?.length).toBeGreaterThan(0);
      expect(compared.out).toContain(`## ${attribute} (`);
      expect(compared.out).toContain(`Carried by, among others: ${about?.join('; ')}`);
    }
    const mistaken = await cli(...STEERING, '--concepts', 'mood');
    expect(mistaken.code).toBe(2);
    expect(mistaken.err).toBe('there are no concepts of kind mood; there are genre, series, feature\n');
    expect((await cli('report')).code).toBe(0);
    const reported = JSON.parse(readFileSync(join(dir, 'report/paper/report.json'), 'utf8')) as ReportData;
    expect(reported.comparisons).toHaveLength(2);
    expect(reported.comparisons[1]?.attributes).toEqual(attributes);
    const both = await cli(...STEERING, '--concepts', 'series', '--attributes', 'genre/Nonsense');
    expect(both.err).toBe('give --attributes or --concepts, not both\n');
  });

  it('inspect prints its manifest', async () => {
    const { code, out } = await cli('inspect', 'checkpoint', join(dir, 'checkpoints', '000001'));
    expect(code).toBe(0);
    expect((JSON.parse(out) as Manifest).metrics.model.users).toBeGreaterThan(0);
  });

  it('a second run of each step finds it done, and gives the same result', async () => {
    for (const [i, [args, result]] of STEPS.entries()) {
      const { code, out } = await cli(...args);
      expect(code).toBe(0);
      expect(out).toContain('already done with the same inputs');
      expect(out.match(result)?.[0]).toBe(first[i]?.out.match(result)?.[0]);
    }
    expect(await store().list()).toEqual([1]);
  });

  it('other parameters run a step again; what depends on it is no longer done', async () => {
    const other = await cli(...CALIBRATE.with(-1, '2'));
    expect(other.out).toMatch(/^calibrate: 2 attributes/m);
    expect((await cli(...EVALUATE)).out).not.toContain('already done');
    const published = await cli('publish');
    expect(published.out).toMatch(/^publish: checkpoint 2-/m);
    const [first, second] = [await store().read(1), decodeCheckpoint(await store().read(2))];
    expect(second.steeringMap.attributes).toHaveLength(2);
    // The dictionary is the same one.
    const { features } = second.manifest.sae;
    expect(published.out).toContain(`publish: ${features} of ${features} features are of checkpoint 1, too`);
    const same = Array.from({ length: features }, (_, feature) => [feature, feature]);
    expect(second.featureMaps).toEqual([{ content: contentId(first), features: same }]);
  });

  it('publishes again into a store that was emptied since, or that gave the number to another checkpoint', async () => {
    const own = await store().read(2);
    rmSync(join(dir, 'checkpoints'), { recursive: true });
    expect((await cli('publish')).out).toMatch(/^publish: checkpoint 1-/m);
    expect((await cli('publish')).out).toContain('already done');
    rmSync(join(dir, 'checkpoints'), { recursive: true });
    await store().publish(own);
    expect((await cli('publish')).out).toMatch(/^publish: checkpoint 2-/m);
  });

  it('publishes a candidate for some of the users', async () => {
    expect((await cli('publish', '--candidate', '10')).out).toMatch(
      /^publish: checkpoint 3-[0-9a-f]{8}, a candidate for 10 % of the users$/m,
    );
    expect((await store().newest()).map(({ share }) => share)).toEqual([10, 100]);
    expect((await cli('publish', '--candidate', '5')).err).toMatch(/^candidate 3 is for 10 % of the users, .*\n$/);
    expect((await cli('publish', '--candidate', '100')).code).toBe(2);
  });

  it('asks for attributes and layers that exist', async () => {
    const attribute = await cli(...EVALUATE, '--attributes', 'genre/Nonsense');
    expect(attribute).toMatchObject({ code: 2, out: '' });
    expect(attribute.err).toMatch(/^no item bears genre\/Nonsense; there are genre\/.*\n$/);
    const layer = await cli(...SAE, '--layer', '3');
    expect(layer.err).toBe('there is no block 3: the model has 2\n');
  });
});

describe('several dictionaries', () => {
  const folder = mkdtempSync(join(tmpdir(), 'steerstream-dictionaries-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const GRID = ['--kind', 'l1,topk,batch-topk', '--k', '4', '--layer', '1,2', '--site', 'block,attention'];
  const run = (...args: readonly string[]): Promise<Answer> => cliIn(folder, ...args);
  let trained: Answer;
  beforeAll(async () => {
    await run(...IMPORT);
    await run('dataset');
    await run(...TRAIN);
    trained = await run(...SAE, ...GRID);
  }, 120_000);

  it('are trained in one step, every combination, and each says how it codes', () => {
    expect(trained).toMatchObject({ code: 0, err: '' });
    const names = trained.out.match(/(?<=^sae: )\S+(?=:)/gm);
    expect(names).toHaveLength(12);
    expect(names?.slice(0, 3)).toEqual(['l1-0.1-32-block1', 'topk-4-32-block1', 'batch-topk-4-32-block1']);
    expect(trained.out).toMatch(/topk-4-32-attention2: 32 features at block 2 \(attention\), L0 [34]\./);
  });

  it('pareto measures each, and finds it done', async () => {
    const { code, out } = await run('pareto', ...WASM);
    expect(code).toBe(0);
    expect(out.match(/^\| \S+-(block|attention)[12] \|/gm)).toHaveLength(12);
    const table = JSON.parse(readFileSync(join(folder, 'pareto/paper/pareto.json'), 'utf8')) as ParetoTable;
    expect(table.rows).toHaveLength(12);
    expect(table.model.users).toBeGreaterThan(0);
    for (const row of table.rows) {
      expect(row.l0).toBeGreaterThan(0);
      if (row.kind === 'topk') expect(row.l0).toBeLessThanOrEqual(4);
      expect(row.explainedVariance).toBeLessThan(1);
      expect(row.deadShare).toBe(row.dead / 32);
    }
    expect(readFileSync(join(folder, 'pareto/paper/pareto.csv'), 'utf8').trim().split('\n')).toHaveLength(14);
    expect((await run('pareto', ...WASM)).out).toContain('already done');
  });

  it('report has their curves, and says how many seeds each point has', async () => {
    await run(...CALIBRATE);
    await run(...EVALUATE, '--strengths', '0,2');
    expect((await run('report')).code).toBe(0);
    const index = join(folder, 'report/paper/index.html');
    const page = readFileSync(index, 'utf8');
    for (const id of ['places', 'pareto']) {
      expect(page.includes(`aria-labelledby="${id}-title`)).toBe(true);
      expect(readFileSync(join(folder, `report/paper/figures/${id}.svg`), 'utf8')).toMatch(/^<svg .*xmlns=/);
    }
    expect(page.includes('One seed each, all on one trained model')).toBe(true);
    const missing = await run('report', '--runs', join(folder, 'nowhere'));
    expect(missing.err).toMatch(/^there is no finished pareto for split paper in .*nowhere: run/);
  });

  it('trains what is new alone, and shows seeds as one point', async () => {
    const two = await run(...SAE, '--seed', '42,43');
    expect(two).toMatchObject({ code: 0, err: '' });
    expect(two.out).toContain('sae: 1 of 2 were trained before');
    const before = trained.out.match(/^sae: l1-0\.1-32-block1: .*$/m)?.[0];
    expect(before).toBeDefined();
    expect(two.out).toContain(before);
    expect(two.out).toMatch(/^sae: l1-0\.1-32-block1-seed43: /m);
    await run('pareto', ...WASM);
    await run(...CALIBRATE);
    await run(...EVALUATE, '--strengths', '0,2');
    // The run beside itself: no dictionary counts twice.
    expect((await run('report', '--runs', folder)).code).toBe(0);
    expect(readFileSync(join(folder, 'report/paper/index.html'), 'utf8')).toContain(
      'Means over 2 seeds of the dictionary',
    );
    const table = readFileSync(join(folder, 'report/paper/tables/dictionaries.csv'), 'utf8').trim().split('\n');
    expect(table).toHaveLength(3);
    expect(table[2]).toMatch(/^l1-0\.1-32-block1,l1,0\.1,32,1,block,\d+,2,/);
    // As it was for what follows.
    expect((await run(...SAE, ...GRID)).out).toContain('sae: 12 of 12 were trained before');
  });

  it('pareto goes on where it was interrupted', async () => {
    // Without what the tests before measured: among it is a dictionary that this grid does not have.
    rmSync(join(folder, 'pareto-parts'), { recursive: true });
    const interrupted = await cliWith(abortsAfter(5), folder, 'pareto', ...WASM, '--force');
    expect(interrupted.code).not.toBe(0);
    const finished = readdirSync(join(folder, 'pareto-parts/paper')).filter((name) => name.startsWith('dictionary'));
    expect(finished).toHaveLength(1);
    const [part = ''] = finished;
    const file = join(folder, 'pareto-parts/paper', part, 'step.json');
    const step = JSON.parse(readFileSync(file, 'utf8')) as { summary: object };
    writeFileSync(file, JSON.stringify({ ...step, summary: { ...step.summary, l0: 1234.5 } }));
    const { out } = await run('pareto', ...WASM);
    expect(out.match(/^\| \S+-(block|attention)[12] \|/gm)).toHaveLength(12);
    expect(out).toContain('| 1234.5 |');
    expect((await run('pareto', ...WASM, '--force')).out).not.toContain('| 1234.5 |');
  });

  it('calibrate takes the first, or the one that is named, and publish what calibrate took', async () => {
    const unknown = await run(...CALIBRATE, '--dictionary', 'topk-9');
    expect(unknown).toMatchObject({ code: 2, out: '' });
    expect(unknown.err).toMatch(
      /^no dictionary topk-9 was trained; there are l1-0.1-32-block1, topk-4-32-block1, .*\n$/,
    );
    const store = new FolderCheckpointStore(join(folder, 'checkpoints'));
    for (const [i, [name, shape]] of [
      ['topk-4-32-attention2', { layer: 2, site: 'attention', activation: { kind: 'topk', k: 4 } }],
      ['batch-topk-4-32-block1', { layer: 1, site: 'block', activation: { kind: 'threshold' } }],
    ].entries() as Iterable<[number, [string, object]]>) {
      expect((await run(...CALIBRATE, '--dictionary', name)).code).toBe(0);
      expect((await run(...EVALUATE)).code).toBe(0);
      expect((await run('publish')).out).toMatch(/^publish: checkpoint /m);
      const { manifest, weights } = decodeCheckpoint(await store.read(i + 1));
      expect(manifest.sae).toMatchObject(shape);
      expect(manifest.hyperparameters).toMatchObject({ 'sae.name': name, 'sae.k': 4 });
      expect(weights.has('sae.threshold')).toBe(manifest.sae.activation.kind === 'threshold');
    }
  });
});

describe('from a history without a catalogue', () => {
  it('a checkpoint comes out that steers nothing', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'plays.csv');
    const plays = Array.from(
      { length: 30 * 9 },
      (_, i) => `u${i % 30},t${(i * 7 + Math.floor(i / 30)) % 25},${1e9 + i * 60}`,
    );
    writeFileSync(file, ['user,item,time', ...plays].join('\n'));
    expect((await cliIn(folder, 'import', 'csv', '--interactions', file)).code).toBe(0);
    for (const [args] of STEPS) {
      const answer = await cliIn(folder, ...args, '--split', 'leave-one-out');
      expect(answer).toMatchObject({ code: 0, err: '' });
    }
    const store = new FolderCheckpointStore(join(folder, 'checkpoints'));
    expect(decodeCheckpoint(await store.read(1)).steeringMap).toMatchObject({ unitLift: 0, attributes: [] });
  });
});

describe('the steps in a wrong order, or with wrong arguments', () => {
  it.each([
    [['train', ...WASM], 'dataset'],
    [['ranking', ...WASM], 'train'],
    [['sae', ...WASM], 'train'],
    [['calibrate', ...WASM], 'sae'],
    [['pareto', ...WASM], 'sae'],
    [['evaluate', ...WASM], 'calibrate'],
    [['report'], 'evaluate'],
    [['publish'], 'evaluate'],
  ])('%j names the command to run first', async (args, missing) => {
    const { code, out, err } = await cli(...args, '--split', 'leave-one-out');
    expect([code, out]).toEqual([2, '']);
    expect(err).toBe(
      `there is no finished ${missing} for split leave-one-out in ${dir}: run \`npm run offline -- ${missing}\` first\n`,
    );
  });

  it.each([
    [['train', '--width', 'wide'], /must be a whole number from 1 to 4096/],
    [['train', '--width', '10', '--heads', '3', ...WASM], /a width of 10 cannot be dealt to 3 heads/],
    [['train', '--dropout', '1'], /must be a number from 0 to 0.9/],
    [['train', '--schedule', 'steps'], /Allowed choices are constant, cosine/],
    [['train', '--windows', 'all'], /Allowed choices are newest, random/],
    [['train', '--average', '1'], /must be a number from 0 to 0.99999/],
    [['train', '--runtime', 'abacus'], /Allowed choices are auto, tensorflow, wasm/],
    [['sae', '--loss', 'cubed'], /Allowed choices are unsquared, squared/],
    [['sae', '--kind', 'l1,l2'], /Allowed choices are l1, topk, batch-topk, matryoshka, jumprelu/],
    [['sae', '--site', 'head'], /Allowed choices are block, attention, mlp/],
    [['sae', '--layer', '1,x'], /must be a whole number from 1 to 64/],
    [['sae', '--kind', 'topk', '--features', '16', ...WASM], /cannot have 32 active: choose a smaller --k/],
    [['calibrate', '--method', 'magic'], /Allowed choices are best, delta, add, replace, score/],
    [
      ['calibrate', '--method', 'hybrid', '--learn-steps', '0'],
      /^hybrid has to be learned: give --learn-steps at least 1/,
    ],
    [['calibrate', '--budget', '0'], /must be a number from 0.001 to 0.9/],
    [['evaluate', '--strengths', '1,x'], /must be numbers with commas/],
    [['publish', '--split', 'thirds'], /Allowed choices are paper, leave-one-out/],
  ])('%j gets one line and exit code 2', async (args, message) => {
    const { code, out, err } = await cli(...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
    expect(err.trim().split('\n')).toHaveLength(1);
  });

  it.each(['train', 'sae', 'pareto', 'calibrate', 'evaluate', 'report', 'publish'])(
    '%s has help with examples',
    async (command) => {
      const { code, out } = await cli(command, '--help');
      expect(code).toBe(0);
      expect(out).toContain(`$ npm run offline -- ${command}`);
    },
  );
});
