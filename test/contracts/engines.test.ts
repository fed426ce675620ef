import { createTfjsEngine } from '../../src/adapters/tfjs/tfjs-engine.js';
import { onnxEngine } from '../builders/engine.js';
import { testProvider } from '../builders/provider.js';
import { isNativeMissing } from '../builders/tensors.js';
import { engineContract } from './engine.contract.js';

engineContract('TensorFlow.js on WebAssembly', () => createTfjsEngine('wasm'));
engineContract(
  'TensorFlow.js on native TensorFlow (skipped where `npm run native` has not been run)',
  () => createTfjsEngine('tensorflow'),
  isNativeMissing,
);
engineContract('ONNX Runtime on the CPU, two workers', () => Promise.resolve(onnxEngine({ queue: 1000 })));
engineContract('ONNX Runtime without a cache', () => Promise.resolve(onnxEngine({ cacheBytes: 0 })));
engineContract(
  `ONNX Runtime on ${testProvider ?? 'a provider'} (skipped where STEERSTREAM_TEST_PROVIDER names none)`,
  () => Promise.resolve(onnxEngine({ provider: testProvider ?? 'cpu', threads: 1, queue: 1000 })),
  testProvider === undefined,
);
