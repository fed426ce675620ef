/** What a step follows: keys and values as a batch has them, of what a model's whole windows left. */
import type { OnnxModel } from '../../src/adapters/onnx/onnx-model.js';
import type { GptRecShape } from '../../src/model/shapes.js';
import type { EngineRequest } from '../../src/ports/engine.js';

/** Of the windows without their last items: past [layers, 2, B, h, P, d/h], and how many positions of it count. */
export async function pastOf(
  model: OnnxModel,
  { layers, heads, width }: Pick<GptRecShape, 'layers' | 'heads' | 'width'>,
  requests: readonly EngineRequest[],
): Promise<[Float32Array, Int32Array]> {
  const before = requests.map(({ window }) => window.slice(0, -1));
  const lengths = Int32Array.from(before, ({ length }) => length);
  const { keysValues } = await model.window(
    requests.map((one, b) => ({ ...one, edits: [], window: lengths[b]! > 0 ? before[b]! : Int32Array.of(0) })),
  );
  const [B, P, row, size] = [requests.length, Math.max(1, ...lengths), layers * 2 * width, width / heads];
  const past = new Float32Array(keysValues.length);
  for (const [i, value] of keysValues.entries()) {
    const [b, p] = [Math.floor(i / (P * row)), Math.floor(i / row) % P];
    const [part, head] = [Math.floor((i % row) / width), Math.floor((i % width) / size)];
    past[(((part * B + b) * heads + head) * P + p) * size + (i % size)] = value;
  }
  return [past, lengths];
}
