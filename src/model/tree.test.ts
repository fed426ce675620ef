import { describe, expect, it } from 'vitest';
import { leaves, mapTree, type Tree } from './tree.js';

const tree: Tree<Int32Array> = {
  b: Int32Array.of(1),
  blocks: [{ z: Int32Array.of(2), a: Int32Array.of(3) }, Int32Array.of(4)],
};

describe('a weight tree', () => {
  it('names its leaves by their path, in one fixed order', () => {
    expect(leaves(tree).map(([name, leaf]) => [name, leaf[0]])).toEqual([
      ['b', 1],
      ['blocks.0.z', 2],
      ['blocks.0.a', 3],
      ['blocks.1', 4],
    ]);
    expect(leaves(tree, 'gptrec')[1]?.[0]).toBe('gptrec.blocks.0.z');
  });

  it('keeps its form when its leaves are changed, and says their names', () => {
    const names: string[] = [];
    const changed = mapTree(tree, (leaf, name) => {
      names.push(name);
      return (leaf[0] ?? 0) * 10;
    });
    expect(changed).toEqual({ b: 10, blocks: [{ z: 20, a: 30 }, 40] });
    expect(names).toEqual(leaves(tree).map(([name]) => name));
  });

  it('takes a lone leaf, and records without a prototype', () => {
    expect(leaves(Int32Array.of(1), 'x')).toEqual([['x', Int32Array.of(1)]]);
    const bare = Object.assign(Object.create(null) as Record<string, Int32Array>, { a: Int32Array.of(1) });
    expect(leaves(bare).map(([name]) => name)).toEqual(['a']);
  });
});
