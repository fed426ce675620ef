/** The reference engine: the model's own functions on TensorFlow.js. */
import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import { isModelEdit } from '../../model/edit.js';
import { rankScores } from '../../model/rank.js';
import * as tf from '@tensorflow/tfjs';
import { scores } from '../../model/gptrec.js';
import { lastStates, type SteerableModel } from '../../model/score.js';
import { disposeTensors, loadGptRec, loadSae, loadSteering } from '../../model/weights.js';
import type { Engine, EngineRequest, LoadedModel, Ranking } from '../../ports/engine.js';
import { openRuntime, type RuntimeChoice } from './runtime.js';

/** Windows of one forward call: larger ones gain nothing and hold the thread longer. */
const BATCH = 64;

/** @throws Error when native TensorFlow is asked for and not prepared. */
export async function createTfjsEngine(choice: RuntimeChoice): Promise<Engine> {
  const { name } = await openRuntime(choice);
  return { name: `tfjs-${name}`, load: (checkpoint) => Promise.resolve(loadModel(checkpoint)) };
}

function loadModel({ manifest, weights, attributes }: Checkpoint): LoadedModel {
  const gptrec = loadGptRec(manifest.gptrec, weights);
  const sae = loadSae(manifest.sae, weights);
  const steering = loadSteering(manifest.steering, manifest.gptrec, weights);
  const model = { gptrec, heads: manifest.gptrec.heads, sae, steering };
  return {
    async recommend(requests) {
      const rankings: Ranking[] = [];
      for (let start = 0; start < requests.length; start += BATCH) {
        if (start > 0) await new Promise(setImmediate); // a forward call holds the thread: let others have it between
        rankings.push(...rank(model, requests.slice(start, start + BATCH), attributes.items));
      }
      return rankings;
    },
    dispose() {
      disposeTensors(gptrec);
      disposeTensors(sae.weights);
      disposeTensors(steering);
    },
  };
}

function rank(
  model: SteerableModel,
  requests: readonly EngineRequest[],
  attributeItems: readonly Int32Array[],
): Ranking[] {
  const inside = requests.map(({ edits }) => edits.filter(isModelEdit));
  const windows = requests.map(({ window }) => window);
  const [states, products] = tf.tidy(() => {
    const last = lastStates(model, windows, inside);
    return [last, scores(model.gptrec, last)] as const;
  });
  const [d, V] = [states.shape[1], products.shape[1]];
  const [queries, all] = [states, products].map((tensor) => tensor.dataSync<'float32'>()) as [
    Float32Array,
    Float32Array,
  ];
  tf.dispose([states, products]);
  return requests.map((request, b) => ({
    ...rankScores(all.slice(b * V, (b + 1) * V), request, attributeItems),
    query: queries.slice(b * d, (b + 1) * d),
  }));
}
