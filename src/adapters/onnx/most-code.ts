/**
 * The greatest code of items that this processor multiplies exactly, by a trial on ONNX Runtime. In a branch, as the
 * search's product is: outside of one ONNX Runtime may put another product in its place (`session.x64quantprecision`).
 */
import { Tensor } from 'onnxruntime-node';
import { codeProduct, mostExactCode } from '../../onnx/code-product.js';
import { GraphBuilder } from '../../onnx/graph.js';
import { DATA_TYPES } from '../../onnx/proto.js';
import { type OnnxOptions, openSession } from './session.js';

/** None where no code is multiplied exactly. */
export const mostCodeHere = (options: OnnxOptions): Promise<number | undefined> =>
  mostExactCode(async (bytes, codes, size) => {
    const session = await openSession(trial(codes, size), new Map(), options);
    try {
      const outputs = await session.run({
        bytes: new Tensor('uint8', bytes, [bytes.length / size, size]),
        is_tried: new Tensor('bool', Uint8Array.of(1), []),
      });
      return outputs['sums']?.data as Int32Array;
    } finally {
      await session.release();
    }
  });

function trial(codes: Int8Array, size: number): Uint8Array {
  const g = new GraphBuilder((name) => {
    throw new Error(`a trial has no weights, so no ${name}`);
  });
  const bytes = g.input('bytes', 'uint8', ['B', size], '');
  const [sums = ''] = g.choose(
    g.input('is_tried', 'bool', [], ''),
    (b) => [codeProduct(b, bytes, codes, size)],
    (b) => [b.op('Cast', [bytes], { to: DATA_TYPES.int32 })],
  );
  return g.encode('trial', '', { sums: [sums, 'int32', ['B', 'n'], ''] });
}
