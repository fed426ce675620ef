/** A process and the engine's workers: none outlives its model, and none keeps a process that has nothing to do. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';

const built = (file: string): string => JSON.stringify(pathToFileURL(resolve('dist', file)).href);

/** Runs a program that has a loaded model, in a process of its own. */
async function run(program: string): Promise<{ status: number; stdout: string; stderr: string }> {
  const preamble = `
    import { engineRequest, onnxEngine } from ${built('test/builders/engine.js')};
    import { tinyCheckpoint } from ${built('test/builders/checkpoint.js')};
    const exits = [];
    process.on('worker', (worker) => worker.once('exit', (code) => exits.push(code)));
    const model = await onnxEngine({ threads: 2 }).load(tinyCheckpoint());
    const ask = () => model.recommend([engineRequest([1, 2]), engineRequest([3])]);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', preamble + program]);
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  return { status, stdout, stderr };
}

it('workers end when their model is let go, after what they have to answer', async () => {
  const { status, stdout, stderr } = await run(`
    await ask();
    const last = ask();
    await new Promise(setImmediate);
    model.dispose();
    console.log((await last).length);
    process.on('exit', () => console.log(exits.join(' ')));
  `);
  expect([status, stdout], stderr).toEqual([0, '2\n0 0\n']);
});

it('a process whose workers have nothing to do ends; one that waits for an answer does not', async () => {
  const { status, stdout, stderr } = await run(`
    await ask();
    ask().then((rankings) => console.log(rankings.length));
  `);
  expect([status, stdout], stderr).toEqual([0, '2\n']);
});
