/** The demo as a newcomer runs it, on WebAssembly. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const DEMO = resolve('dist/offline/demo.js');
const dir = mkdtempSync(join(tmpdir(), 'steerstream-'));

function demo(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('STEERSTREAM_'));
  return spawnSync(process.execPath, [DEMO, '--dir', dir, '--port', '0', '--runtime', 'wasm', ...args], {
    encoding: 'utf8',
    env: Object.fromEntries(environment) as NodeJS.ProcessEnv,
  });
}

const lastLine = (text: string): Record<string, number | string> =>
  JSON.parse(text.trim().split('\n').at(-1) ?? '') as Record<string, number | string>;

describe('npm run demo', () => {
  afterAll(() => {
    rmSync(dir, { recursive: true, force: true });
  });

  it('leads from nothing to a slider that moves a list; a second run takes up what is there', {
    timeout: 900_000,
  }, () => {
    const first = demo('--exit');
    expect(first.status, first.stderr).toBe(0);
    const result = lastLine(first.stdout);
    const names = ['lists', 'seconds', 'ndcg', 'ndcgPopularity', 'shareBefore', 'shareAfter', 'checkpoint'];
    expect(Object.keys(result).sort()).toEqual(names.sort());
    expect(result['lists']).toBe(501);
    expect(result['ndcg']).toBeGreaterThan(Number(result['ndcgPopularity']));
    expect(result['shareAfter']).toBeGreaterThan(Number(result['shareBefore']));
    const second = demo('--exit');
    expect(second.status, second.stderr).toBe(0);
    expect(second.stdout).toContain('already done');
    expect(second.stderr).not.toContain('epoch');
    expect(lastLine(second.stdout)).toMatchObject({
      checkpoint: result['checkpoint'],
      ndcg: result['ndcg'],
      lists: 501,
    });
  });

  it.each([
    [['--budget', 'soon'], /must be a number/],
    [['--movielens', '/nowhere'], /there is no folder \/nowhere/],
    [['--paperr'], /unknown option '--paperr'/],
  ])('answers %j with one line and exit code 2', (args, message) => {
    const { status, stdout, stderr } = demo(...args);
    expect({ status, stdout, lines: stderr.trim().split('\n').length }).toEqual({ status: 2, stdout: '', lines: 1 });
    expect(stderr).toMatch(message);
  });
});
