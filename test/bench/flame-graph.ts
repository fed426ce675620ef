/**
 * CPU profiles (`.cpuprofile`, as V8 writes them) as one flame graph, an SVG: what a thread did from top to bottom by who
 * called whom, as wide as it took long; idle time is left out. So that it can be read, frames of Node itself count as
 * their caller, and those of a package that call each other are one.
 */

export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  /** Node ids, and the time before each, microseconds. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Merged by name: what calls of the same name did at the same place. */
export interface Frame {
  readonly name: string;
  /** Whose code it is: a room of src, `packages`, `node`. */
  readonly of: string;
  micros: number;
  readonly children: Map<string, Frame>;
}

type CallFrame = CpuProfile['nodes'][number]['callFrame'];

/** The frames of a profile below a root that has its busy time. */
export function framesOf({ nodes, samples, timeDeltas }: CpuProfile): Frame {
  const root: Frame = { name: 'all', of: 'node', micros: 0, children: new Map() };
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const own = new Map<number, number>();
  for (const [i, id] of samples.entries()) own.set(id, (own.get(id) ?? 0) + Math.max(0, timeDeltas[i] ?? 0));
  const walk = (id: number, above: readonly Frame[]): void => {
    const node = byId.get(id);
    if (node === undefined || node.callFrame.functionName === '(idle)') return;
    const path = entered(node.callFrame, above);
    for (const frame of path) frame.micros += own.get(id) ?? 0;
    for (const child of node.children ?? []) walk(child, path);
  };
  const called = new Set(nodes.flatMap(({ children = [] }) => children));
  for (const { id } of nodes) if (!called.has(id)) walk(id, [root]);
  return root;
}

function entered(callFrame: CallFrame, above: readonly Frame[]): readonly Frame[] {
  const { name, of } = named(callFrame);
  const caller = above.at(-1);
  if (caller === undefined || name === undefined || name === caller.name) return above;
  let frame = caller.children.get(name);
  if (frame === undefined) caller.children.set(name, (frame = { name, of, micros: 0, children: new Map() }));
  return [...above, frame];
}

/** No name: it counts as its caller. */
function named({ functionName, url, lineNumber }: CallFrame): {
  readonly name: string | undefined;
  readonly of: string;
} {
  if (functionName === '(root)' || url.startsWith('node:')) return { name: undefined, of: 'node' };
  const [, owner] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  if (owner !== undefined) return { name: owner, of: 'packages' };
  if (url === '') return { name: functionName === '' ? undefined : functionName, of: 'node' };
  const [, file = ''] = /([^/]+)\.[cm]?[jt]s$/.exec(url) ?? [];
  const [, room = 'bench'] = /\/src\/([^/]+)\//.exec(url) ?? [];
  return { name: `${functionName === '' ? `line ${lineNumber + 1}` : functionName} (${file})`, of: room };
}

const [WIDTH, ROW, TITLE, LETTER] = [1200, 16, 26, 6];
const COLOURS = [
  '#f4b183',
  '#a9d18e',
  '#9dc3e6',
  '#ffd966',
  '#c9a6e4',
  '#f19c9c',
  '#8fd0c8',
  '#d0cece',
  '#c5b38f',
  '#b8c4a0',
];

/** @param threads by what is to stand above them */
export function flameGraph(threads: ReadonlyMap<string, Frame>): string {
  const owners = [...new Set([...threads.values()].flatMap(ownersOf))].sort();
  const colourOf = (owner: string): string => COLOURS[owners.indexOf(owner) % COLOURS.length] ?? '#fff';
  const parts: string[] = [];
  let top = 0;
  for (const [title, root] of threads) {
    parts.push(`<text x="2" y="${top + 18}" font-size="13" font-weight="bold">${escaped(title)}</text>`);
    top += TITLE;
    let deepest = 0;
    const draw = (frame: Frame, x: number, depth: number): void => {
      const width = (frame.micros / root.micros) * WIDTH;
      if (width < 1) return;
      deepest = Math.max(deepest, depth);
      parts.push(box(frame, x, top + depth * ROW, width, frame.micros / root.micros, colourOf(frame.of)));
      let from = x;
      for (const child of [...frame.children.values()].sort((a, b) => b.micros - a.micros)) {
        draw(child, from, depth + 1);
        from += (child.micros / root.micros) * WIDTH;
      }
    };
    draw(root, 0, 0);
    top += (deepest + 1) * ROW + 8;
  }
  let x = 2;
  for (const owner of owners) {
    parts.push(`<rect x="${x}" y="${top}" width="12" height="12" fill="${colourOf(owner)}"/>`);
    parts.push(`<text x="${x + 16}" y="${top + 10}">${escaped(owner)}</text>`);
    x += 30 + owner.length * LETTER;
  }
  const size = `width="${WIDTH}" height="${top + 20}" viewBox="0 0 ${WIDTH} ${top + 20}"`;
  const style = 'font-family="sans-serif" font-size="11"';
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${style}>\n<rect width="100%" height="100%" fill="#fff"/>\n${parts.join('\n')}\n</svg>\n`;
}

const ownersOf = ({ of, children }: Frame): string[] => [of, ...[...children.values()].flatMap(ownersOf)];

function box({ name }: Frame, x: number, y: number, width: number, share: number, colour: string): string {
  const label = `${name} ${(share * 100).toFixed(1)} %`;
  const letters = Math.floor((width - 4) / LETTER);
  const text = letters < 4 ? '' : label.length <= letters ? label : `${name.slice(0, letters - 1)}…`;
  const rect = `<rect x="${x.toFixed(1)}" y="${y}" width="${Math.max(0.4, width - 0.4).toFixed(1)}" height="${ROW - 1}" fill="${colour}"/>`;
  const words = text === '' ? '' : `<text x="${(x + 2).toFixed(1)}" y="${y + 11}">${escaped(text)}</text>`;
  return `<g><title>${escaped(label)}</title>${rect}${words}</g>`;
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
