import { describe, expect, it } from 'vitest';
import { type CpuProfile, type Frame, flameGraph, framesOf } from './flame-graph.js';

const node = (id: number, functionName: string, url: string, ...children: number[]) => ({
  id,
  callFrame: { functionName, url, lineNumber: 6 },
  children,
});
const PROFILE: CpuProfile = {
  nodes: [
    node(1, '(root)', '', 2, 3, 8),
    node(2, '(idle)', ''),
    node(3, 'tick', 'node:internal/timers', 4),
    node(4, 'run<T>', 'file:///app/dist/src/stream/run-batch.js', 5, 7),
    node(5, 'send', 'file:///app/node_modules/kafkajs/src/a.js', 6),
    node(6, 'write', 'file:///app/node_modules/kafkajs/src/b.js'),
    node(7, '', 'file:///app/dist/src/adapters/redis/keys.js'),
    node(8, '(garbage collector)', ''),
  ],
  samples: [2, 4, 5, 6, 6, 7, 8, 3],
  timeDeltas: [500, 10, 20, 30, 40, 50, 60, 70],
};
const told = ({ name, of, micros, children }: Frame): unknown[] => [
  name,
  of,
  micros,
  ...[...children.values()].map(told),
];

describe('a flame graph', () => {
  it('has busy time by who called whom; a package is one frame, and Node itself counts as its caller', () => {
    expect(told(framesOf(PROFILE))).toEqual([
      'all',
      'node',
      280,
      ['run<T> (run-batch)', 'stream', 150, ['kafkajs', 'packages', 90], ['line 7 (keys)', 'adapters', 50]],
      ['(garbage collector)', 'node', 60],
    ]);
  });

  it('is drawn to scale, with names and shares', () => {
    const svg = flameGraph(new Map([['main & only', framesOf(PROFILE)]]));
    expect(svg).toContain('main &amp; only');
    const drawn = [...svg.matchAll(/<title>(.*?)<\/title><rect x="(.*?)" y="(.*?)" width="(.*?)"/g)];
    const widths = Object.fromEntries(
      drawn.map(([, label = '', , , width]) => [label.replace(/ [\d.]+ %$/, ''), Number(width)]),
    );
    expect(Object.keys(widths).sort()).toEqual(
      ['(garbage collector)', 'all', 'kafkajs', 'line 7 (keys)', 'run&lt;T&gt; (run-batch)'].sort(),
    );
    expect(widths.kafkajs).toBeCloseTo((90 / 280) * 1200 - 0.4, 1);
    expect(drawn.find(([, label]) => label?.startsWith('kafkajs'))?.[1]).toBe('kafkajs 32.1 %');
    // The frame below another begins where that one does; the next begins where the first ends.
    const at = (name: string): number => Number(drawn.find(([, label]) => label?.startsWith(name))?.[2]);
    expect(at('kafkajs')).toBe(at('run'));
    expect(at('line 7')).toBeCloseTo((90 / 280) * 1200, 1);
  });
});
