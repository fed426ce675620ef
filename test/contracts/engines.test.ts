import { createOnnxEngine } from '../../src/adapters/onnx/onnx-engine.js';
import { createTfjsEngine } from '../../src/adapters/tfjs/tfjs-engine.js';
import { isNativeMissing } from '../builders/tensors.js';
import { engineContract } from './engine.contract.js';

engineContract('TensorFlow.js on WebAssembly', () => createTfjsEngine('wasm'));
engineContract(
  'TensorFlow.js on native TensorFlow (skipped where `npm run native` has not been run)',
  () => createTfjsEngine('tensorflow'),
  isNativeMissing,
);
engineContract('ONNX Runtime on the CPU', () => Promise.resolve(createOnnxEngine({ provider: 'cpu', threads: 1 })));
