/** The engine's worker with a model that is none; it runs from dist/. */
import { serveModel } from '../../src/adapters/onnx/serve-model.js';
import { openFakeModel } from './fake-model.js';

await serveModel(openFakeModel);
