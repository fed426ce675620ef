/** Service processes, or raw loops, of the bench. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Place, Use } from './plan.js';

const PACKAGE = join(import.meta.dirname, '../../../../package.json');
/** As `npm start` runs the service. The raw loop leaves less behind and was no faster with it. */
const { scripts } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { readonly scripts: { readonly start: string } };
const NODE_OPTIONS = { instance: scripts.start.match(/(?<= )--\S+/g) ?? [], 'raw-loop': [] };

export class Workers {
  readonly #children: ChildProcess[];

  private constructor(children: ChildProcess[]) {
    this.#children = children;
  }

  /** Starts `count` of them; resolves once each works. */
  static async start(kind: 'instance' | 'raw-loop', count: number, place: Place): Promise<Workers> {
    const file = join(import.meta.dirname, `${kind}.js`);
    const execArgv = [...process.execArgv, ...NODE_OPTIONS[kind]];
    const children = Array.from({ length: count }, () => fork(file, [JSON.stringify(place)], { execArgv }));
    const workers = new Workers(children);
    await Promise.all(children.map((child) => once(child, 'message')));
    return workers;
  }

  /** What they have used together since they began to work, and the longest that one's event loop was held up. */
  async stop(): Promise<Use> {
    const uses = await Promise.all(
      this.#children.map(async (child) => {
        const ended = once(child, 'exit');
        const report = once(child, 'message') as Promise<[Use]>;
        child.send('stop');
        const [use] = await report;
        await ended;
        return use;
      }),
    );
    const most = (of: (use: Use) => number): number => Math.max(...uses.map(of));
    return {
      cpuMicros: uses.reduce((sum, { cpuMicros }) => sum + cpuMicros, 0),
      loop: { p99: most(({ loop }) => loop.p99), max: most(({ loop }) => loop.max) },
    };
  }
}
