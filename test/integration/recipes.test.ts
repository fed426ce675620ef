/** The committed recipes: every command that they run is one that the command line takes. */
import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../offline/cli.js';
import { temporaryFolder } from '../builders/folder.js';

const FOLDER = 'offline/recipes';
const RECIPES = readdirSync(FOLDER).filter((name) => name.endsWith('.sh'));

/** The arguments of each command of a recipe, with an `npm` in its way that only notes them. */
function commandsOf(recipe: string, ...args: readonly string[]): string[][] {
  const folder = temporaryFolder();
  const [noted, npm] = [join(folder, 'noted'), join(folder, 'npm')];
  writeFileSync(npm, `#!/bin/sh\nfor one in "$@"; do printf '%s\\t' "$one"; done >> '${noted}'\necho >> '${noted}'\n`);
  chmodSync(npm, 0o755);
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}` };
  execFileSync(join(FOLDER, recipe), args, { env, stdio: 'pipe' });
  const lines = readFileSync(noted, 'utf8').trimEnd().split('\n');
  return lines.map((line) => line.split('\t').filter((one) => one !== ''));
}

/** What the command line says to them in a folder without anything. */
async function answerTo(args: readonly string[]): Promise<string> {
  const err: string[] = [];
  const hear = (text: string): void => void err.push(text);
  const terminal = { out: hear, err: hear, env: {}, signal: new AbortController().signal };
  await runCli([...args, '--dir', temporaryFolder()], terminal);
  return err.join('');
}

describe('the recipes', () => {
  it('are there', () => {
    expect(RECIPES.length).toBeGreaterThanOrEqual(3);
  });

  it.each(RECIPES)('%s runs commands and options that exist, from the import to the ranking', async (recipe) => {
    const commands = commandsOf(recipe, '/nowhere/ml-1m', '/nowhere/run');
    for (const [run, silent, offline, dashes] of commands)
      expect([run, silent, offline, dashes]).toEqual(['run', '--silent', 'offline', '--']);
    const names = commands.map((args) => args[4]);
    expect([names[0], names.at(-1)]).toEqual(['import', 'ranking']);
    for (const args of commands) {
      // Each fails for want of what comes before it, and not for its arguments.
      const own = args.slice(4).filter((one, i, all) => one !== '--dir' && all[i - 1] !== '--dir');
      const runtime = ['train', 'ranking'].includes(own[0] ?? '') ? ['--runtime', 'wasm'] : [];
      expect(await answerTo([...own, ...runtime])).toMatch(/^(no MovieLens in |no log in |there is no finished )/);
    }
  });

  it('paper.sh hands further options to the training of each seed', () => {
    const commands = commandsOf('paper.sh', '/nowhere/ml-1m', '/nowhere/run', '--window', '128', '--layers', '2');
    const trainings = commands.filter((args) => args.includes('train'));
    expect(trainings.map((args) => args.slice(5, 11))).toEqual(
      ['42', '43', '44'].map((seed) => ['--seed', seed, '--window', '128', '--layers', '2']),
    );
  });

  it.each(RECIPES)('%s hands further options to the training', (recipe) => {
    const commands = commandsOf(recipe, '/nowhere/ml-1m', '/nowhere/run', '--batch', '64');
    const [training = []] = commands.filter((args) => args.includes('train'));
    expect(training.join(' ')).toContain(' --batch 64 --dir ');
    expect(commands.filter((args) => args.includes('64') && !args.includes('train'))).toEqual([]);
  });

  it.each(RECIPES)('%s without a folder of MovieLens says that it wants one', (recipe) => {
    expect(() => commandsOf(recipe)).toThrow('name the folder of MovieLens 1M');
  });
});
