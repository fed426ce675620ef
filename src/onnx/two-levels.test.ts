import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { topK } from '../model/top-k.js';
import { GraphBuilder } from './graph.js';
import { BLOCK, bestOf } from './two-levels.js';

it('two levels give what one look at everything gives, ties by lower index, for any k', async () => {
  const sessions = new Map<number, InferenceSession>();
  for (const blocks of [1, 2, 5]) {
    const g = new GraphBuilder(() => ({ file: '', offset: 0, length: 0, shape: [] }));
    const all = g.input('all', 'float', ['B', blocks * BLOCK], '');
    const { items, scores } = bestOf(g, blocks, all, g.input('k', 'int64', [1], ''));
    const outputs = { items: [items, 'int32', ['B', 'k'], ''], scores: [scores, 'float', ['B', 'k'], ''] } as const;
    sessions.set(blocks, await InferenceSession.create(g.encode('best', '', outputs)));
  }
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...sessions.keys()),
      fc.integer({ min: 1, max: 3 }),
      fc.nat(),
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 1, max: 2_000 }),
      async (blocks, B, seed, asked, levels) => {
        const V = blocks * BLOCK;
        const k = Math.min(asked, V);
        // Few levels: many ties.
        const values = Float32Array.from({ length: B * V }, (_, i) => ((i * 7919 + seed * 104729) % 65_537) % levels);
        const outputs = await sessions.get(blocks)!.run({
          all: new Tensor('float32', values, [B, V]),
          k: new Tensor('int64', BigInt64Array.of(BigInt(k)), [1]),
        });
        for (let b = 0; b < B; b++) {
          const row = values.subarray(b * V, (b + 1) * V);
          const expected = topK(row, k);
          expect((outputs['items']!.data as Int32Array).subarray(b * k, (b + 1) * k)).toEqual(expected);
          expect([...(outputs['scores']!.data as Float32Array).subarray(b * k, (b + 1) * k)]).toEqual(
            Array.from(expected, (item) => row[item]),
          );
        }
      },
    ),
  );
  for (const session of sessions.values()) await session.release();
});
