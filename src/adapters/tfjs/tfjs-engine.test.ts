import { describe, expect, it } from 'vitest';
import { TINY_ITEMS, tinyCheckpoint } from '../../../test/builders/checkpoint.js';
import { isNativeMissing, tensorsLeft } from '../../../test/builders/tensors.js';
import type { EngineRequest } from '../../ports/engine.js';
import { openRuntime } from './runtime.js';
import { createTfjsEngine } from './tfjs-engine.js';

const request: EngineRequest = {
  window: Int32Array.of(1, 2),
  edits: [{ kind: 'latent', layer: 1, mode: 'delta', feature: 1, amount: 2 }],
  blocked: new Uint8Array(TINY_ITEMS.length),
  excluded: [],
  k: 3,
};

describe('the engine on TensorFlow.js', () => {
  it('leaves no tensor behind: after a batch, and after its model is let go', async () => {
    const engine = await createTfjsEngine('wasm');
    const whole = async (): Promise<void> => {
      const model = await engine.load(tinyCheckpoint());
      expect(await tensorsLeft(() => model.recommend(Array.from({ length: 70 }, () => request)))).toBe(0);
      model.dispose();
    };
    expect(await tensorsLeft(whole)).toBe(0);
  });

  it('lets other work have the thread between its forward calls', async () => {
    const model = await (await createTfjsEngine('wasm')).load(tinyCheckpoint());
    const order: string[] = [];
    setImmediate(() => order.push('other work'));
    await model.recommend(Array.from({ length: 65 }, () => request));
    order.push('lists');
    expect(order).toEqual(['other work', 'lists']);
    model.dispose();
  });

  it('takes the fastest runtime that is present, and says which', async () => {
    const auto = await openRuntime('auto');
    expect(auto.name).toBe(isNativeMissing ? 'wasm' : 'tensorflow');
    expect(auto.description).toBe(isNativeMissing ? 'WebAssembly' : 'native TensorFlow');
  });

  it.runIf(isNativeMissing)('says how native TensorFlow is prepared, where it is not (runs only there)', async () => {
    await expect(createTfjsEngine('tensorflow')).rejects.toThrow('run `npm run native -- cpu`');
  });
});
