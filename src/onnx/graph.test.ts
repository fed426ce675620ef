import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from './graph.js';

const noWeights = (name: string): never => {
  throw new Error(`no weight ${name}`);
};
const run = async (graph: Buffer, feeds: Record<string, Tensor>): Promise<number[]> => {
  const session = await InferenceSession.create(graph);
  const { out } = await session.run(feeds);
  await session.release();
  return [...(out!.data as Float32Array)];
};
const vector = (...values: number[]): Tensor => new Tensor('float32', Float32Array.from(values), [values.length]);
const switched = (value: boolean): Tensor => new Tensor('bool', Uint8Array.of(value ? 1 : 0), []);

describe('a graph builder', () => {
  it('makes a node once, and leaves out what no output needs', async () => {
    const g = new GraphBuilder(noWeights);
    const x = g.input('x', 'float', ['N'], '');
    const twice = g.op('Add', [x, x]);
    expect(g.op('Add', [x, x])).toBe(twice);
    expect(g.op('Softmax', [x], { axis: 0 })).not.toBe(g.op('Softmax', [x], { axis: -1 }));
    const graph = g.encode('test', '', { out: [g.op('Mul', [twice, twice]), 'float', ['N'], ''] });
    expect(graph.includes('Softmax')).toBe(false);
    expect(await run(graph, { x: vector(1, 2) })).toEqual([4, 16]);
  });

  it('takes one of two branches, which see what lies outside of them and may give it back as it is', async () => {
    const g = new GraphBuilder(noWeights);
    const x = g.input('x', 'float', ['N'], '');
    const condition = g.input('is_doubled', 'bool', [], '');
    const twice = g.op('Add', [x, x]);
    const [out] = g.choose(
      condition,
      (b) => [b.op('Add', [b.op('Add', [x, x]), b.floats([1], [])])],
      () => [x],
    ) as [string];
    const graph = g.encode('test', '', { out: [out, 'float', ['N'], ''] });
    expect(g.op('Add', [x, x])).toBe(twice);
    expect(await run(graph, { x: vector(1, 2), is_doubled: switched(true) })).toEqual([3, 5]);
    expect(await run(graph, { x: vector(1, 2), is_doubled: switched(false) })).toEqual([1, 2]);
  });

  it('takes a branch that gives a value twice', async () => {
    const g = new GraphBuilder(noWeights);
    const x = g.input('x', 'float', ['N'], '');
    const condition = g.input('is_doubled', 'bool', [], '');
    const both = g.choose(
      condition,
      (b) => [b.op('Add', [x, b.op('Add', [x, x])]), x],
      (b) => [b.op('Mul', [x, x]), b.op('Mul', [x, x])],
    );
    expect(new Set(both).size).toBe(2);
    const product = g.encode('test', '', { out: [g.op('Mul', both), 'float', ['N'], ''] });
    expect(await run(product, { x: vector(1, 2), is_doubled: switched(true) })).toEqual([3, 12]);
    expect(await run(product, { x: vector(1, 2), is_doubled: switched(false) })).toEqual([1, 16]);
  });

  it('names a weight that there is not', () => {
    expect(() => new GraphBuilder(noWeights).weight('sae.encoder')).toThrow('no weight sae.encoder');
  });
});
