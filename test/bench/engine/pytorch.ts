/** PyTorch's ways of the engine bench, where a Python with torch is found. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PAPER_SHAPE } from '../../../offline/train/gptrec-training.js';
import type { Bench } from '../command.js';
import { sourceOf } from '../source.js';
import type { Rate } from './groups.js';
import { FEATURES } from './workload.js';

const run = promisify(execFile);

/** Users a batch: the paper's way has scores of all positions in memory. */
const WAYS = {
  'PyTorch, edit on the last position': { way: 'last', batch: 64 },
  'PyTorch, in the manner of the paper’s code': { way: 'paper', batch: 4 },
} as const;

/** None, and says so, without torch. */
export async function pytorchRates(
  python: string,
  items: number,
  { say, signal }: Pick<Bench, 'say' | 'signal'>,
): Promise<Readonly<Record<string, Rate>>> {
  const isThere = await run(python, ['-c', 'import torch']).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    say(`${python} has no torch: install it, or name another with --python, to measure PyTorch too`);
    return {};
  }
  const script = sourceOf('test', 'bench', 'engine', 'eager.py');
  const rate =
    (way: object): Rate =>
    async (ms) => {
      const plan = { items, ...PAPER_SHAPE, features: FEATURES, layer: 2, ms, ...way };
      return JSON.parse((await run(python, [script, JSON.stringify(plan)], { signal })).stdout) as number;
    };
  return Object.fromEntries(Object.entries(WAYS).map(([name, way]) => [name, rate(way)]));
}
