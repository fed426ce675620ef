/** Models that were trained elsewhere: a GPTRec and an SAE in PyTorch's layout, made and judged by numpy, taken over. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor2D } from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../offline/cli.js';
import { loadSplit, type Split } from '../../offline/dataset/split.js';
import { FolderCheckpointStore } from '../../src/adapters/checkpoints/folder-checkpoint-store.js';
import { decodeCheckpoint } from '../../src/checkpoint/files.js';
import { features, reconstruct } from '../../src/model/sae.js';
import { activations, lastScores } from '../../src/model/score.js';
import { expectClose, tinyModel, valuesOf } from '../builders/tensors.js';
import { pythonLibraries, runPython } from '../services/python.js';

const libraries = await pythonLibraries(['safetensors==0.5.3', 'numpy==2.2.6']);

/**
 * A GPT-2 of 2 blocks, width 8 and 2 heads over items in an order of its own, with a row for padding, one for an item
 * that nobody else knows, and tensors that are not needed; and an SAE of 16 features after block 1. PyTorch's layout:
 * a Linear's weight is [out, in]. Prints the scores by item id after a history, features and reconstruction at its end.
 */
const FOREIGN = `
import json, sys
import numpy as np
from safetensors.numpy import save_file
folder, ids, history = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
rng = np.random.default_rng(7)
d, h, m = 8, 2, 16
draw = lambda *shape: rng.normal(0, 0.5, shape).astype(np.float32)
vocabulary = [None] + [ids[i] for i in rng.permutation(len(ids))] + ["elsewhere"]
t = {"transformer.wte.weight": draw(len(vocabulary), d), "transformer.wpe.weight": draw(32, d)}
for name in ["transformer.ln_f"] + [f"transformer.h.{b}.ln_{i}" for b in range(2) for i in (1, 2)]:
    t[name + ".weight"], t[name + ".bias"] = 1 + draw(d), draw(d)
for b in range(2):
    at = f"transformer.h.{b}."
    for name, out, into in [("attn.q", d, d), ("attn.k", d, d), ("attn.v", d, d), ("attn.proj", d, d), ("mlp.fc", 4 * d, d)]:
        t[at + name + ".weight"], t[at + name + ".bias"] = draw(out, into), draw(out)
    t[at + "mlp.proj.weight"] = draw(d, 4 * d)
    t[at + "attn.mask"] = np.tril(np.ones((32, 32), dtype=bool))
t["lm_head.weight"] = t["transformer.wte.weight"].copy()
save_file(t, folder + "/gpt2.safetensors")
json.dump(vocabulary, open(folder + "/items.json", "w"))
norm = lambda n, x: (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5) * t[n + ".weight"] + t[n + ".bias"]
linear = lambda n, x: x @ t[n + ".weight"].T + t.get(n + ".bias", 0)
gelu = lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
rows = [vocabulary.index(i) for i in history]
L = len(rows)
x = t["transformer.wte.weight"][rows] + t["transformer.wpe.weight"][:L]
streams = []
for b in range(2):
    at = f"transformer.h.{b}."
    y = norm(at + "ln_1", x)
    q, k, v = (linear(at + "attn." + one, y).reshape(L, h, d // h).swapaxes(0, 1) for one in "qkv")
    a = q @ k.swapaxes(1, 2) / np.sqrt(d // h)
    a = np.where(t[at + "attn.mask"][:L, :L], a, -1e9)
    a = np.exp(a - a.max(-1, keepdims=True))
    x = x + linear(at + "attn.proj", (a / a.sum(-1, keepdims=True) @ v).swapaxes(0, 1).reshape(L, d))
    x = x + linear(at + "mlp.proj", gelu(linear(at + "mlp.fc", norm(at + "ln_2", x))))
    streams.append(x)
logits = norm("transformer.ln_f", x)[-1] @ t["transformer.wte.weight"].T
s = {"encoder.weight": draw(m, d), "encoder.bias": draw(m), "decoder.weight": draw(d, m), "decoder.bias": draw(d)}
save_file(s, folder + "/sae.safetensors")
f = np.maximum(streams[0][-1] @ s["encoder.weight"].T + s["encoder.bias"], 0)
print(json.dumps({
    "scores": {i: float(v) for i, v in zip(vocabulary, logits) if i is not None},
    "features": f.tolist(),
    "decoded": (f @ s["decoder.weight"].T + s["decoder.bias"]).tolist(),
}))
`;

const turned = (from: string | string[]) => ({ from, transpose: true });
const TENSORS = {
  items: 'transformer.wte.weight',
  positions: { from: 'transformer.wpe.weight', rows: [0, 10] },
  'blocks.{b}.norm1.scale': 'transformer.h.{b}.ln_1.weight',
  'blocks.{b}.norm1.shift': 'transformer.h.{b}.ln_1.bias',
  'blocks.{b}.qkv.weight': turned(['q', 'k', 'v'].map((part) => `transformer.h.{b}.attn.${part}.weight`)),
  'blocks.{b}.qkv.bias': { from: ['q', 'k', 'v'].map((part) => `transformer.h.{b}.attn.${part}.bias`) },
  'blocks.{b}.out.weight': turned('transformer.h.{b}.attn.proj.weight'),
  'blocks.{b}.out.bias': 'transformer.h.{b}.attn.proj.bias',
  'blocks.{b}.norm2.scale': 'transformer.h.{b}.ln_2.weight',
  'blocks.{b}.norm2.shift': 'transformer.h.{b}.ln_2.bias',
  'blocks.{b}.up.weight': turned('transformer.h.{b}.mlp.fc.weight'),
  'blocks.{b}.up.bias': 'transformer.h.{b}.mlp.fc.bias',
  'blocks.{b}.down.weight': turned('transformer.h.{b}.mlp.proj.weight'),
  'blocks.{b}.down.bias': { fill: 0 },
  'norm.scale': 'transformer.ln_f.weight',
  'norm.shift': 'transformer.ln_f.bias',
};
const GPTREC = { weights: 'gpt2.safetensors', vocabulary: 'items.json', heads: 2, layers: 2, tensors: TENSORS };
const SAE = {
  weights: 'sae.safetensors',
  layer: 1,
  activation: { kind: 'relu' },
  subtractsDecoderBias: false,
  tensors: {
    encoder: turned('encoder.weight'),
    encoderBias: 'encoder.bias',
    decoder: turned('decoder.weight'),
    decoderBias: 'decoder.bias',
  },
};
const WASM = ['--runtime', 'wasm'];

describe('import-weights', () => {
  const dir = mkdtempSync(join(tmpdir(), 'steerstream-weights-'));
  afterAll(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  const mapping = (name: string, content: unknown): string => {
    const file = join(dir, `${name}.json`);
    writeFileSync(file, JSON.stringify(content));
    return file;
  };
  const run = async (...args: readonly string[]) => {
    const [out, err]: [string[], string[]] = [[], []];
    const code = await runCli([...args, '--dir', dir], {
      env: {},
      signal: new AbortController().signal,
      out: (text) => void out.push(text),
      err: (text) => void err.push(text),
    });
    return { code, out: out.join(''), err: err.join('') };
  };
  let split: Split;
  let history: Int32Array;
  let expected: { scores: Record<string, number>; features: number[]; decoded: number[] };

  beforeAll(async () => {
    await run('import', 'synthetic', '--users', '120', '--items', '40', '--mean-events', '15');
    await run('dataset');
    split = await loadSplit(join(dir, 'dataset/paper'));
    history = split.test.items.subarray(split.test.offsets[0], split.test.offsets[1]).subarray(-6);
    const ids = [...history].map((item) => split.items[item]!);
    const args = [dir, JSON.stringify(split.items), JSON.stringify(ids)];
    expected = JSON.parse(await runPython(FOREIGN, args, libraries)) as typeof expected;
  }, 120_000);

  it('takes over a GPTRec and an SAE, and the steps after them run to a checkpoint that scores as numpy does', async () => {
    const gptrec = await run('import-weights', 'gptrec', mapping('gptrec', GPTREC), ...WASM);
    expect(gptrec).toMatchObject({ code: 0, err: '' });
    expect(gptrec.out).toMatch(/^import-weights: GPTRec of 2 blocks, width 8, window 10; validation NDCG@10 0\.\d+$/m);
    expect(gptrec.out).toContain('1 items that the dataset does not have were left out');
    expect(gptrec.out).toContain(
      'not read from the file: lm_head.weight, transformer.h.0.attn.mask, transformer.h.1.attn.mask',
    );
    const sae = await run('import-weights', 'sae', mapping('sae', SAE), ...WASM);
    expect(sae).toMatchObject({ code: 0, err: '' });
    expect(sae.out).toMatch(/^import-weights: imported-16-block1: 16 features at block 1 \(block\), L0 [\d.]+, /m);
    expect((await run('import-weights', 'sae', mapping('sae', SAE), ...WASM)).out).toContain('already done');
    const steps = [
      ['ranking', ...WASM],
      ['pareto', ...WASM],
      ['calibrate', ...WASM, '--users', '20', '--min-items', '5', '--max-attributes', '2'],
      ['evaluate', ...WASM, '--brief', '--strengths', '0,2'],
      ['publish'],
    ];
    for (const step of steps) expect(await run(...step)).toMatchObject({ code: 0, err: '' });
    const checkpoint = decodeCheckpoint(await new FolderCheckpointStore(join(dir, 'checkpoints')).read(1));
    const { manifest, vocabulary } = checkpoint;
    expect(manifest.gptrec).toEqual({ items: split.items.length, width: 8, heads: 2, layers: 2, window: 10 });
    expect(manifest.madeBy.engine).toBe('imported');
    expect(manifest.hyperparameters).toMatchObject({ 'sae.kind': 'imported' });
    const model = tinyModel(checkpoint);
    expectClose(
      valuesOf(lastScores(model, [history])),
      vocabulary.items.map((id) => expected.scores[id]!),
      1e-4,
    );
    const [read] = activations(model, [history], [{ layer: 1, site: 'block' }]);
    const last = read!.reshape([-1, 8]).slice([history.length - 1, 0], [1, 8]) as Tensor2D;
    expectClose(valuesOf(features(model.sae, last)), expected.features, 1e-4);
    expectClose(valuesOf(reconstruct(model.sae, last)), expected.decoded, 1e-4);
  });

  it('measures an SAE anew where the same file is taken over otherwise', async () => {
    await run('import-weights', 'gptrec', mapping('gptrec', GPTREC), ...WASM);
    const tableOf = async (scaling: readonly number[]): Promise<string> => {
      await run('import-weights', 'sae', mapping('scaled', { ...SAE, scaling }), ...WASM);
      return (await run('pareto', ...WASM)).out;
    };
    const [narrow, wide] = [await tableOf([0, 0.05]), await tableOf([0, 5])];
    const row = /imported-16-block1 \|.*$/m;
    expect(row.exec(wide)![0]).not.toBe(row.exec(narrow)![0]);
  });

  it('refuses items that the model does not know, or gives them the mean of all', async () => {
    const ids = JSON.parse(readFileSync(join(dir, 'items.json'), 'utf8')) as (string | null)[];
    const gone = split.items[3]!;
    writeFileSync(join(dir, 'fewer.txt'), ids.map((id) => (id === gone ? 'another' : (id ?? ''))).join('\n'));
    const file = mapping('fewer', { ...GPTREC, vocabulary: 'fewer.txt' });
    const before = readFileSync(join(dir, 'train/paper/step.json'), 'utf8');
    const refused = await run('import-weights', 'gptrec', file, ...WASM);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain(`does not know 1 of the dataset's ${split.items.length} items (${gone})`);
    expect(readFileSync(join(dir, 'train/paper/step.json'), 'utf8')).toBe(before);
    const mean = await run('import-weights', 'gptrec', file, '--missing', 'mean', ...WASM);
    expect(mean.out).toContain(`1 items it does not know have the mean of all: ${gone}`);
  });

  const wrong = (change: object) => ({ ...GPTREC, tensors: { ...TENSORS, ...change } });
  it.each([
    [
      'a weight that was not transposed',
      wrong({ 'blocks.{b}.up.weight': 'transformer.h.{b}.mlp.fc.weight' }),
      'blocks.0.up.weight must be [8, 32], but transformer.h.0.mlp.fc.weight [32, 8] is [32, 8]; its transpose would fit',
    ],
    [
      'a tensor that is not there',
      wrong({ 'norm.scale': 'transformer.ln_g.weight' }),
      'norm.scale: the file has no tensor transformer.ln_g.weight; did you mean transformer.ln_f.weight',
    ],
    ['a name of ours that is none', wrong({ 'norm.scales': 'x' }), 'GPTRec does not have; did you mean norm.scale'],
    ['a name that lacks', { ...GPTREC, tensors: { items: 'x' } }, 'the mapping lacks positions, blocks.0.norm1.scale'],
    [
      'parts of several sizes side by side',
      wrong({
        'blocks.{b}.qkv.weight': { from: ['transformer.h.{b}.attn.q.weight', 'transformer.h.{b}.mlp.fc.weight'] },
      }),
      'blocks.0.qkv.weight: [8, 8] and [32, 8] cannot lie side by side',
    ],
    [
      'more rows than there are',
      wrong({ positions: { from: 'transformer.wpe.weight', rows: [0, 33] } }),
      'rows 0 to 33 are asked of transformer.wpe.weight, which has 32',
    ],
    [
      'a tensor of another type',
      wrong({ positions: 'transformer.h.0.attn.mask' }),
      'transformer.h.0.attn.mask is BOOL, only F32 is read',
    ],
    ['heads that do not divide the width', { ...GPTREC, heads: 3 }, 'a width of 8 cannot be dealt to 3 heads'],
    ['no such file', { ...GPTREC, weights: 'none.safetensors' }, 'none.safetensors cannot be read (ENOENT)'],
    ['a member that is none', { ...GPTREC, tensor: {} }, 'Unrecognized key: "tensor"'],
    ['a vocabulary that is too short', { ...GPTREC, vocabulary: 'short.txt' }, 'rows, but the vocabulary 2 entries'],
    ['a vocabulary that repeats', { ...GPTREC, vocabulary: 'twice.txt' }, 'the vocabulary names the item x twice'],
  ])('refuses with one line: %s', async (name, content, message) => {
    writeFileSync(join(dir, 'short.txt'), 'a\nb\n');
    writeFileSync(join(dir, 'twice.txt'), Array.from({ length: split.items.length + 2 }, () => 'x').join('\n'));
    const { code, err } = await run('import-weights', 'gptrec', mapping(name.replaceAll(' ', '-'), content), ...WASM);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(err.trim().split('\n')).toHaveLength(1);
  });

  it.each([
    ['a block that is not there', { ...SAE, layer: 3 }, 'there is no block 3: the model has 2'],
    ['a threshold that lacks', { ...SAE, activation: { kind: 'threshold' } }, 'the mapping lacks threshold'],
    ['a k beyond the features', { ...SAE, activation: { kind: 'topk', k: 17 } }, 'cannot have 17 active'],
    [
      'a threshold that is not wanted',
      { ...SAE, tensors: { ...SAE.tensors, threshold: 'encoder.bias' } },
      'which the activation "relu" does not have',
    ],
    [
      'another width than the model’s',
      { ...SAE, tensors: { ...SAE.tensors, encoder: 'encoder.weight' } },
      'encoder must be [8, any], but encoder.weight [16, 8] is [16, 8]; its transpose would fit',
    ],
  ])('refuses an SAE with one line: %s', async (name, content, message) => {
    const { code, err } = await run('import-weights', 'sae', mapping(name.replaceAll(' ', '-'), content), ...WASM);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});
