/** An offline command as a process of its own: how long it took, and the most memory that it ever had. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Measured {
  readonly seconds: number;
  /** Peak of the resident memory, MB: JavaScript's and DuckDB's together. */
  readonly peakMb: number;
}

const CLI = fileURLToPath(new URL('../../../offline/cli.js', import.meta.url));
const PEAK = /^peak resident: (\d+)$/;
/** Run in each process: the command may start itself anew. */
const TELL_PEAK = `process.on("exit", () => console.error("peak resident: " + process.resourceUsage().maxRSS))`;

/** @throws Error when the command fails */
export async function measured(
  args: readonly string[],
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<Measured> {
  const started = performance.now();
  const child = spawn(process.execPath, [CLI, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(TELL_PEAK)}` },
    signal,
  });
  const exit = once(child, 'close') as Promise<[code: number | null]>;
  let peakKb = 0;
  for await (const line of createInterface({ input: child.stderr })) {
    const peak = PEAK.exec(line)?.[1];
    if (peak === undefined) say(line);
    else peakKb = Math.max(peakKb, Number(peak));
  }
  const [code] = await exit;
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`);
  return { seconds: Math.round((performance.now() - started) / 1000), peakMb: Math.round(peakKb / 1024) };
}
