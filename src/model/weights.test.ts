import { beforeAll, describe, expect, it } from 'vitest';
import { TINY_GPTREC, TINY_SAE, TINY_STEERING, tinyCheckpoint } from '../../test/builders/checkpoint.js';
import { tensorsLeft } from '../../test/builders/tensors.js';
import { openRuntime } from '../adapters/tfjs/runtime.js';
import { gptRecShapes } from './gptrec.js';
import { disposeTensors, loadGptRec, loadSae, loadSteering, saveTensors } from './weights.js';

const { weights } = tinyCheckpoint();
const without = (name: string): typeof weights => new Map([...weights].filter(([other]) => other !== name));
const withOther = (name: string, shape: number[], data: Float32Array): typeof weights =>
  new Map([...weights, [name, { shape, data }]]);

describe('weights', () => {
  beforeAll(() => openRuntime('wasm'));

  it('come out of tensors as they went in, under the same names', () => {
    const saved = new Map([
      ...saveTensors(loadGptRec(TINY_GPTREC, weights), 'gptrec'),
      ...saveTensors(loadSae(TINY_SAE, weights).weights, 'sae'),
      ...saveTensors(loadSteering(TINY_STEERING, TINY_GPTREC, weights), 'steering'),
    ]);
    expect([...saved.keys()].sort()).toEqual([...weights.keys()].sort());
    for (const [name, { shape, data }] of saved) {
      expect(shape).toEqual(weights.get(name)?.shape);
      expect(data).toEqual(weights.get(name)?.data);
    }
  });

  it('are named and shaped as the paper’s model', () => {
    const shapes = gptRecShapes(TINY_GPTREC);
    expect(shapes.blocks).toHaveLength(2);
    expect([...shapes.items]).toEqual([12, 8]);
    expect([...shapes.blocks[0]!.qkv.weight]).toEqual([8, 24]);
    expect([...shapes.blocks[0]!.up.weight]).toEqual([8, 32]);
    expect(weights.has('gptrec.blocks.1.down.bias')).toBe(true);
  });

  it('are refused by name when missing, of another shape, or not finite', () => {
    const name = 'gptrec.blocks.1.qkv.bias';
    expect(() => loadGptRec(TINY_GPTREC, without(name))).toThrow(`weight ${name} is missing`);
    const short = withOther(name, [23], new Float32Array(23));
    expect(() => loadGptRec(TINY_GPTREC, short)).toThrow(`weight ${name} has shape [23], expected [24]`);
    const flat = withOther('sae.decoder', [128], new Float32Array(128));
    expect(() => loadSae(TINY_SAE, flat)).toThrow('weight sae.decoder has shape [128], expected [16, 8]');
    const few = { ...TINY_STEERING, directions: 3 };
    expect(() => loadSteering(few, TINY_GPTREC, weights)).toThrow('has shape [2, 2, 8], expected [3, 2, 8]');
    const strange = withOther(name, [24], new Float32Array(24).fill(Number.NaN, 5, 6));
    expect(() => loadGptRec(TINY_GPTREC, strange)).toThrow(`weight ${name} is not finite`);
  });

  it('leave no tensor behind when disposed of, nor when refused half way', async () => {
    expect(await tensorsLeft(() => disposeTensors(loadGptRec(TINY_GPTREC, weights)))).toBe(0);
    expect(await tensorsLeft(() => disposeTensors(loadSteering(TINY_STEERING, TINY_GPTREC, weights)))).toBe(0);
    expect(loadSteering({ directions: 0, adapters: 0, hidden: 0 }, TINY_GPTREC, weights)).toEqual({});
    const last = 'gptrec.norm.shift';
    expect(await tensorsLeft(() => expect(() => loadGptRec(TINY_GPTREC, without(last))).toThrow(last))).toBe(0);
  });
});
