import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../test/builders/folder.js';
import { addonPath } from '../src/adapters/tfjs/runtime.js';
import { runCli } from './cli.js';
import { Interrupted } from '../src/terminal/user-error.js';

async function cli(args: readonly string[], given: { signal?: AbortSignal; env?: Record<string, string> } = {}) {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCli(args, {
    env: given.env ?? {},
    signal: given.signal ?? new AbortController().signal,
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
  });
  return { code, out: out.join(''), err: err.join('') };
}

function expectMistake(answer: { code: number; err: string }, message: RegExp): void {
  expect(answer.code).toBe(2);
  expect(answer.err).toMatch(message);
}

describe('the offline command line', () => {
  it.skipIf(existsSync(addonPath()))('says how to get native TensorFlow (where it is not prepared)', async () => {
    expectMistake(
      await cli(['train', '--runtime', 'tensorflow', '--dir', temporaryFolder()]),
      /^native TensorFlow is not prepared: run `npm run native -- cpu`/,
    );
  });

  it('imports, makes a dataset and inspects, in --dir', async () => {
    const dir = join(temporaryFolder(), 'run');
    const small = ['--users', '60', '--items', '30', '--mean-events', '15'];
    expect(await cli(['--dir', dir, 'import', 'synthetic', ...small])).toMatchObject({ code: 0, err: '' });
    const again = await cli(['--dir', dir, 'import', 'synthetic', ...small]);
    expect(again.out).toMatch(/already in the log/);
    const dataset = await cli(['dataset', '--dir', dir]);
    expect(dataset).toMatchObject({ code: 0, err: '' });
    expect(dataset.out).toMatch(/^dataset \(paper\): users: \d+ train/);
    const inspected = await cli(['inspect', 'log', '--dir', dir]);
    expect(inspected.out).toMatch(/interactions: \d+ records in 4 partitions\n {2}0: offsets 0 to \d+, 2025-/);
    expect(inspected.out).toMatch(/recommendations: not there/);
    const records = await cli(['inspect', 'log', '--topic', 'catalogue', '--last', '1', '--dir', dir]);
    const lines = records.out.trim().split('\n');
    expect(lines).toHaveLength(4);
    expect(JSON.parse(lines[0]!)).toMatchObject({ topic: 'catalogue', contract: 'catalogue-item', value: {} });
    expect(readdirSync(dir)).toContain('dataset');
  });

  it.each([
    [['nonsense'], /unknown command 'nonsense'/],
    [['import', 'movielens'], /missing required argument 'dir'/],
    [['import', 'csv'], /nothing to import: name a file of interactions, of items, or both/],
    [['import', 'synthetic', '--users', 'many'], /must be a number/],
    [['import', 'synthetic', '--zipf', '-1'], /must be a number from 0/],
    [['dataset', '--split', 'half'], /Allowed choices are paper, leave-one-out/],
    [['dataset', '--sed', '1'], /unknown option '--sed'.*Did you mean --seed/],
    [['inspect', 'log', '--last', '1.5'], /must be a whole number/],
    [['inspect', 'checkpoint', 'nowhere'], /no checkpoint in nowhere/],
  ])('answers wrong arguments with one line and exit code 2: %j', async (args, message) => {
    const dir = temporaryFolder();
    const { code, out, err } = await cli([...args, '--dir', dir]);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(message);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(err).not.toContain('    at ');
    expect(readdirSync(dir)).toEqual([]);
  });

  it('answers a user’s mistake with one line: nothing imported, no MovieLens, parameters out of bounds', async () => {
    const dir = join(temporaryFolder(), 'run');
    expectMistake(await cli(['dataset', '--dir', dir]), /^no log in .*\n$/);
    expect(existsSync(dir)).toBe(false);
    const folder = temporaryFolder();
    const lost = await cli(['import', 'movielens', folder, '--dir', dir]);
    expectMistake(lost, /^no MovieLens in .*\n$/);
    const odd = await cli(['import', 'synthetic', '--genres', '99', '--dir', dir]);
    expectMistake(odd, /^synthetic log: genres: .*\n$/);
    const env = await cli(['import', 'synthetic', '--dir', dir], { env: { STEERSTREAM_PARTITIONS: 'x' } });
    expectMistake(env, /STEERSTREAM_PARTITIONS/);
  });

  it('ends an interrupted command with one line and exit code 130', async () => {
    const signal = AbortSignal.abort(new Interrupted());
    const { code, err } = await cli(['import', 'synthetic', '--dir', temporaryFolder()], { signal });
    expect(code).toBe(130);
    expect(err).toMatch(/^interrupted; run the same command again.*\n$/);
  });

  it('shows the stack of a fault', async () => {
    const dir = temporaryFolder();
    mkdirSync(join(dir, 'log.sqlite'));
    const { code, err } = await cli(['inspect', 'log', '--dir', dir]);
    expect(code).toBe(1);
    expect(err).toContain('    at ');
  });

  it.each([[[]], [['import']], [['import', 'csv']], [['import', 'synthetic']], [['dataset']], [['inspect', 'log']]])(
    'has help with examples: %j',
    async (args) => {
      const { code, out } = await cli([...args, '--help']);
      expect(code).toBe(0);
      expect(out).toContain('Usage: npm run offline --');
      if (args.length !== 1 || args[0] === 'dataset') expect(out).toContain('$ npm run offline -- ');
    },
  );

  it('prints the manifest of a checkpoint, or what is wrong with it', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'manifest.json'), '{"formatVersion": 3}');
    const { code, err } = await cli(['inspect', 'checkpoint', folder]);
    expect(code).toBe(2);
    expect(err).toMatch(/no manifest of this version: .*formatVersion/);
  });
});
