/** A small chaos run, as a build machine runs it; `npm run bench -- chaos --kills 200` is the large one. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
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

function bench(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [BENCH, ...args], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
}

describe('npm run bench -- chaos', () => {
  it('finds the guarantee kept in both modes of emission, whatever dies', { timeout: 600_000 }, () => {
    const { status, stdout, stderr } = bench('chaos', '--kills', String(KILLS), '--seed', '12', '--json');
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

  it('answers a wrong option with one line and exit code 2', () => {
    const { status, stderr } = bench('chaos', '--kills', 'many');
    expect({ status, lines: stderr.trim().split('\n').length }).toEqual({ status: 2, lines: 1 });
    expect(stderr).toMatch(/--kills.*whole number above 0/);
  });
});
