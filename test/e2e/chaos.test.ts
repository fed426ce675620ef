/** A small chaos run, as a build machine runs it; `npm run bench -- chaos --kills 200` is the large one. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';

const BENCH = resolve('dist/test/bench/main.js');
const KILLS = 12;

interface Part {
  readonly emit: string;
  readonly kills: number;
  readonly lists: number;
  readonly deadLetters: number;
  readonly differences: readonly string[];
}

/** A channel ends it when this process is gone. */
async function bench(...args: readonly string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const child = fork(BENCH, args, { silent: true, execArgv: [] });
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'close') as Promise<[number]>,
  ]);
  return { status, stdout, stderr };
}

describe('npm run bench -- chaos', () => {
  it('finds the guarantee kept in both modes of emission, whatever dies', { timeout: 600_000 }, async () => {
    const { status, stdout, stderr } = await bench('chaos', '--kills', String(KILLS), '--seed', '12', '--json');
    expect(status, stderr).toBe(0);
    const { parts } = JSON.parse(stdout) as { parts: readonly Part[] };
    expect(parts.map(({ emit }) => emit)).toEqual(['every-event', 'latest-per-batch']);
    expect(parts.reduce((sum, { kills }) => sum + kills, 0)).toBeGreaterThanOrEqual(KILLS);
    for (const { lists, deadLetters, differences } of parts) {
      expect(differences).toEqual([]);
      expect(lists).toBeGreaterThan(100);
      expect(deadLetters).toBeGreaterThan(0);
    }
  });

  it('answers a wrong option with one line and exit code 2', async () => {
    const { status, stderr } = await bench('chaos', '--kills', 'many');
    expect({ status, lines: stderr.trim().split('\n').length }).toEqual({ status: 2, lines: 1 });
    expect(stderr).toMatch(/--kills.*whole number above 0/);
  });
});
