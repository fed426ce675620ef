import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../test/builders/folder.js';
import { type Json, canonicalJson } from './canonical-json.js';
import { readStep, runStep } from './step.js';
import { UserError } from '../src/terminal/user-error.js';

function counted(folder: string, inputs: Json = { a: 1 }) {
  const runs: string[][] = [];
  const run = async (where: string): Promise<Json> => {
    runs.push(readdirSync(where).sort());
    writeFileSync(join(where, 'result.bin'), 'x');
    return { count: runs.length };
  };
  return { runs, step: { name: 'sum', folder, inputs, run } };
}

describe('runStep', () => {
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);

  it('runs once for the same inputs, whatever their order, and says that it skips', async () => {
    const folder = join(temporaryFolder(), 'sum');
    const first = counted(folder, { a: 1, b: [2, { c: null, d: 'x' }] });
    expect(await runStep(first.step, { print })).toMatchObject({ skipped: false, summary: { count: 1 } });
    const second = counted(folder, { b: [2, { d: 'x', c: null }], a: 1 });
    expect(await runStep(second.step, { print })).toMatchObject({ skipped: true, summary: { count: 1 } });
    expect(second.runs).toEqual([]);
    expect(lines.at(-1)).toContain('already done');
    expect(await readStep(folder)).toMatchObject({ name: 'sum', summary: { count: 1 } });
    expect(readdirSync(folder).sort()).toEqual(['result.bin', 'step.json']);
  });

  it('starts fresh for other inputs and for --force, removing only its own folder', async () => {
    const root = temporaryFolder();
    const folder = join(root, 'sum');
    writeFileSync(join(root, 'neighbour'), 'stays');
    await runStep(counted(folder).step, { print });
    const other = counted(folder, { a: 2 });
    expect((await runStep(other.step, { print })).skipped).toBe(false);
    expect(other.runs).toEqual([['step.started.json']]);
    const forced = counted(folder, { a: 2 });
    expect((await runStep(forced.step, { print, force: true })).skipped).toBe(false);
    expect(forced.runs).toEqual([['step.started.json']]);
    expect(readFileSync(join(root, 'neighbour'), 'utf8')).toBe('stays');
  });

  it('goes on in the folder of an interrupted run, and only of one with the same inputs', async () => {
    const folder = join(temporaryFolder(), 'sum');
    const broken = { ...counted(folder).step, run: failAfterWriting };
    await expect(runStep(broken, { print })).rejects.toThrow('power cut');
    const again = counted(folder);
    await runStep(again.step, { print });
    expect(again.runs).toEqual([['half.bin', 'step.started.json']]);

    await expect(runStep({ ...broken, inputs: { a: 2 } }, { print })).rejects.toThrow('power cut');
    expect(await readStep(folder)).toBeUndefined();
    const changed = counted(folder, { a: 3 });
    await runStep(changed.step, { print });
    expect(changed.runs).toEqual([['step.started.json']]);
  });

  it('never empties a folder that is not a step', async () => {
    const folder = join(temporaryFolder(), 'sum');
    mkdirSync(folder);
    writeFileSync(join(folder, 'thesis.txt'), 'precious');
    await expect(runStep(counted(folder).step, { print })).rejects.toThrow(UserError);
    expect(existsSync(join(folder, 'thesis.txt'))).toBe(true);
  });
});

async function failAfterWriting(folder: string): Promise<Json> {
  writeFileSync(join(folder, 'half.bin'), 'x');
  throw new Error('power cut');
}

describe('canonicalJson', () => {
  it('sorts keys at every depth', () => {
    expect(canonicalJson({ b: 1, a: [{ d: null, c: 'ä' }] })).toBe('{"a":[{"c":"ä","d":null}],"b":1}');
  });

  it('refuses what JSON cannot hold', () => {
    expect(() => canonicalJson({ a: Number.NaN })).toThrow('NaN');
  });
});
