/** A worker of the engine: a thread of its own for what would hold up the event loop. */
import { openOnnxModel } from './onnx-model.js';
import { serveModel } from './serve-model.js';

await serveModel(openOnnxModel);
