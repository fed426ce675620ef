/** A process that makes lists on one provider: its loader must find the driver when it starts. Answers its parent. */
import { type OnnxAnswer, openOnnxModel } from '../../../src/adapters/onnx/onnx-model.js';
import type { Provider } from '../../../src/adapters/onnx/session.js';
import type { SaeShape } from '../../../src/model/shapes.js';
import type { Edit } from '../../../src/model/edit.js';
import { tinyCheckpoint } from '../../builders/checkpoint.js';
import { pastOf } from '../../builders/past.js';

export interface Asked {
  readonly provider: Provider;
  readonly seed: number;
  readonly items: number;
  readonly sae: SaeShape;
  readonly users: readonly { readonly window: readonly number[]; readonly edits: readonly Edit[] }[];
  readonly excluded: readonly number[];
}

/** [items, scores] of each user. */
type Lists = readonly (readonly [items: readonly number[], scores: readonly number[]])[];
export interface Answered {
  readonly window: Lists;
  readonly step: Lists;
  /** Where nobody is steered. */
  readonly unsteered: { readonly window: Lists; readonly step: Lists };
}

process.on('message', (asked: Asked) => void answer(asked));

async function answer({ provider, seed, items, sae, users, excluded }: Asked): Promise<void> {
  const checkpoint = tinyCheckpoint(seed, items, sae);
  const model = await openOnnxModel(checkpoint, { provider, threads: 1 });
  const rules = { blocked: new Uint8Array(items).fill(1, 8, 9), excluded, k: 10 };
  const requests = users.map(({ window, edits }) => ({ ...rules, window: Int32Array.from(window), edits }));
  const past = await pastOf(model, checkpoint.manifest.gptrec, requests);
  const both = async (all: typeof requests) => ({
    window: listsOf(await model.window(all)),
    step: listsOf(await model.step(all, ...past)),
  });
  const answered = { ...(await both(requests)), unsteered: await both(requests.map((one) => ({ ...one, edits: [] }))) };
  await model.release();
  process.send?.(answered satisfies Answered);
}

const listsOf = ({ rankings }: OnnxAnswer): Lists =>
  rankings.map((ranking) => [[...ranking.items], [...ranking.scores]] as const);
