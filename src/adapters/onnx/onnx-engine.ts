/** ONNX Runtime as an engine: every request as a whole window. */
import type { Engine } from '../../ports/engine.js';
import { openOnnxModel } from './onnx-model.js';
import type { OnnxOptions } from './session.js';
import type { Ranking } from '../../ports/engine.js';

/** Windows of one forward call. */
const BATCH = 64;

export function createOnnxEngine(options: OnnxOptions): Engine {
  return {
    name: `onnx-${options.provider}`,
    async load(checkpoint) {
      const model = await openOnnxModel(checkpoint, options);
      return {
        async recommend(requests) {
          const rankings: Ranking[] = [];
          for (let start = 0; start < requests.length; start += BATCH) {
            rankings.push(...(await model.window(requests.slice(start, start + BATCH))).rankings);
          }
          return rankings;
        },
        dispose: () => void model.release(),
      };
    },
  };
}
