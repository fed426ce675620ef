import { createTfjsEngine } from '../../src/adapters/tfjs/tfjs-engine.js';
import { onnxEngine } from '../builders/engine.js';
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
