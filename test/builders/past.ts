/** What a step follows: the past as a batch has it, of what a model's whole windows left. */
import type { OnnxModel } from '../../src/adapters/onnx/onnx-model.js';
import type { GptRecShape } from '../../src/model/shapes.js';
import type { EngineRequest } from '../../src/ports/engine.js';

/** Of the windows without their last items: past [layers, B, P, d], and how many positions of it count. */
export async function pastOf(
  model: OnnxModel,
  { layers, width }: Pick<GptRecShape, 'layers' | 'width'>,
  requests: readonly EngineRequest[],
): Promise<[Float32Array, Int32Array]> {
  const before = requests.map(({ window }) => window.slice(0, -1));
  const lengths = Int32Array.from(before, ({ length }) => length);
  const { kept } = await model.window(
    requests.map((one, b) => ({ ...one, edits: [], window: lengths[b]! > 0 ? before[b]! : Int32Array.of(0) })),
  );
  const [B, P] = [requests.length, Math.max(1, ...lengths)];
  const past = new Float32Array(kept.length);
  for (const [i, value] of kept.entries()) {
    const [place, layer, within] = [Math.floor(i / (layers * width)), Math.floor(i / width) % layers, i % width];
    past[(layer * B * P + place) * width + within] = value;
  }
  return [past, lengths];
}
