import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import type { EngineRequest, Ranking } from '../../ports/engine.js';

export interface OnnxModel {
  window(requests: readonly EngineRequest[]): Promise<{ rankings: readonly Ranking[]; keysValues: Float32Array }>;
  step(
    requests: readonly EngineRequest[],
    past: Float32Array,
    lengths: Int32Array,
  ): Promise<{ rankings: readonly Ranking[]; keysValues: Float32Array }>;
  release(): Promise<void>;
}
export async function openOnnxModel(
  _checkpoint: Checkpoint,
  _options: { provider: 'cpu' | 'webgpu' | 'cuda'; threads: number },
): Promise<OnnxModel> {
  throw new Error('not yet');
}
