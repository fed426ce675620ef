/** What the compiled commands do as processes: their exit codes, and what they leave on the terminal. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** @param isHeard false: nobody reads what the command prints, as after `| head -1` */
async function run(command: string, args: readonly string[], isHeard = true): Promise<Ended> {
  const child = spawn(process.execPath, [resolve('dist/offline', command), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (!isHeard) child.stdout.destroy();
  const [out, err] = [isHeard ? text(child.stdout) : Promise.resolve(''), text(child.stderr)];
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out: await out, err: await err };
}

describe('npm run native', () => {
  it.each([
    [[], ''],
    [['tpu'], ', not `tpu`'],
    [['cpu', 'gpu'], ', not `cpu gpu`'],
  ])('answers %j with one line and exit code 2', async (args, rest) => {
    const { code, out, err } = await run('native/main.js', args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toBe(`native: say \`npm run native -- cpu\` or \`npm run native -- gpu\`${rest}\n`);
  });

  it.each(['--help', '-h'])('explains itself: %s', async (flag) => {
    const { code, out, err } = await run('native/main.js', [flag]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^npm run native -- cpu\|gpu\n/);
  });
});

describe('a command whose output nobody reads any more', () => {
  it.each(['cli.js', 'demo.js', 'native/main.js'])('%s ends quietly', async (command) => {
    expect(await run(command, ['--help'], false)).toEqual({ code: 0, out: '', err: '' });
  });
});
