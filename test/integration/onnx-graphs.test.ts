/**
 * The graphs of a published checkpoint, and those that serving searches with, in Python: onnx's own checker, and its
 * reference implementation as the runtime.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/checkpoint/files.js';
import { onnxGraphs } from '../../src/checkpoint/graphs.js';
import type { ModelEdit } from '../../src/model/edit.js';
import { TINY_SAES, tinyDraft } from '../builders/checkpoint.js';
import { temporaryFolder } from '../builders/folder.js';
import { referenceForward } from '../builders/reference-model.js';
import { pythonLibraries, runPython } from '../services/python.js';

const libraries = await pythonLibraries(['onnx==1.23.2', 'numpy==2.2.6']);
/** More than two blocks, and not a whole number of them. */
const ITEMS = 300;
const WINDOW = [3, 1, 7, 290, 0];
const EDITS: ModelEdit[] = [
  { kind: 'latent', layer: 1, mode: 'delta', feature: 3, amount: 4 },
  { kind: 'latent', layer: 1, mode: 'replace', feature: 5, amount: 2 },
  { kind: 'direction', direction: 1, amount: 1 },
  { kind: 'adapter', adapter: 0, amount: -1 },
];
const SCORE = 1.5;
/** So few that they are searched for: no more than there are whole blocks of a search. */
const K = 8;

/** Two users with the same window, of whom the second steers: by whole windows, and by their last item alone. */
const PROGRAM = `
import json, sys
import numpy as np, onnx
from onnx.reference import ReferenceEvaluator
folder, window, score, k = sys.argv[1], json.loads(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
f32 = lambda x: np.array(x, dtype=np.float32)
i32 = lambda x: np.array(x, dtype=np.int32)
edits = {
    "has_features": np.array(True), "has_adapters": np.array(True),
    "features": i32([3, 5]), "feature_amounts": f32([[0, 0], [4, 2]]), "feature_own": f32([[0, 0], [1, 1]]),
    "is_replaced": np.array([[False], [True]]), "is_dictionary_needed": np.array(True),
    "directions": i32([1]), "direction_amounts": f32([[0], [1]]), "adapters": i32([0]), "adapter_amounts": f32([[0], [-1]]),
    "score_amounts": f32([[0], [score]]), "terms": np.zeros((1, 384), dtype=np.float32), "term_amounts": f32([[0]]),
    "has_terms": np.array(False), "excluded": np.array([[0, 4], [1, 4]]), "has_excluded": np.array(True), "k": np.array([k]),
}

def run(name, feeds):
    path = f"{folder}/{name}.onnx"
    onnx.checker.check_model(path, full_check=True)
    model = onnx.load(path)
    outputs = [o.name for o in model.graph.output]
    return dict(zip(outputs, ReferenceEvaluator(model).run(outputs, {**edits, **feeds})))

L = len(window)
wholes = [run(name, {"items": i32([window, window]), "lengths": i32([L, L])}) for name in ["window", "searched-window"]]
whole = wholes[0]
past = whole["kept"][:, :-1]
feeds = {f"past.{l + 1}": past[:, :, l] for l in range(past.shape[2])}
steps = [run(name, {"item": i32([window[-1]] * 2), "lengths": i32([L - 1] * 2), **feeds}) for name in ["step", "searched-step"]]
print(json.dumps([[r["best_items"].tolist(), r["best_scores"].tolist()] for r in wholes + steps]))
`;

it.each(TINY_SAES)(
  'give the same lists there, the SAE reading the $site and ending in $activation.kind',
  async (sae) => {
    const files = encodeCheckpoint(tinyDraft(5, ITEMS, sae));
    const checkpoint = decodeCheckpoint(files);
    const folder = join(temporaryFolder(), 'checkpoint');
    mkdirSync(folder);
    for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
    for (const [name, graph] of Object.entries(onnxGraphs(checkpoint, 127)))
      writeFileSync(join(folder, `searched-${name}.onnx`), graph);
    const printed = await runPython(PROGRAM, [folder, JSON.stringify(WINDOW), String(SCORE), String(K)], libraries);
    const reference = [[], EDITS].map((edits, user) => {
      const scores = referenceForward(checkpoint, WINDOW, edits).logits.at(-1)!;
      if (user === 1) for (const item of checkpoint.attributes.items[0]!) scores[item]! += SCORE;
      scores[4] = -Infinity;
      return scores;
    });
    for (const [items, scores] of JSON.parse(printed) as [number[][], number[][]][]) {
      for (const [user, expected] of reference.entries()) {
        const best = expected.toSorted((a, b) => b - a).slice(0, K);
        expect(new Set(items[user])).toHaveProperty('size', K);
        for (const [rank, item] of items[user]!.entries()) {
          expect(Math.abs(scores[user]![rank]! - expected[item]!)).toBeLessThan(1e-4);
          expect(Math.abs(expected[item]! - best[rank]!)).toBeLessThan(1e-4);
        }
      }
    }
  },
);
