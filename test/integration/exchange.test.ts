/** What other tools read: a checkpoint in Python with safetensors alone, and its SAE as SAELens lays it out. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/checkpoint/files.js';
import { runCli } from '../../offline/cli.js';
import { TINY_SAE, TINY_SAES, tinyDraft } from '../builders/checkpoint.js';
import { temporaryFolder } from '../builders/folder.js';
import { referenceDecode, referenceFeatures, referenceForward } from '../builders/reference-model.js';
import { expectClose } from '../builders/tensors.js';
import { pythonLibraries, runPython } from '../services/python.js';

const libraries = await pythonLibraries(['safetensors==0.5.3', 'numpy==2.2.6']);
const ITEMS = [3, 1, 7, 7, 0];

/** A checkpoint in a folder, as it is published. */
function published(sae = TINY_SAE as (typeof TINY_SAES)[number]) {
  const files = encodeCheckpoint(tinyDraft(5, 12, sae));
  const folder = join(temporaryFolder(), 'checkpoint');
  mkdirSync(folder);
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
  return { folder, checkpoint: decodeCheckpoint(files) };
}

/** GPTRec from docs/model.md's equations; prints the last position's logits. */
const GPTREC = `
import json, sys
import numpy as np
from safetensors.numpy import load_file
folder, items = sys.argv[1], json.loads(sys.argv[2])
shape = json.load(open(folder + "/manifest.json"))["gptrec"]
w = {k[7:]: v for k, v in load_file(folder + "/weights.safetensors").items() if k.startswith("gptrec.")}
L, h = len(items), shape["heads"]
norm = lambda n, x: (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5) * w[n + ".scale"] + w[n + ".shift"]
linear = lambda n, x: x @ w[n + ".weight"] + w[n + ".bias"]
gelu = lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
x = w["items"][items] + w["positions"][:L]
for b in range(shape["layers"]):
    at = f"blocks.{b}"
    q, k, v = (np.split(part, h, 1) for part in np.split(linear(at + ".qkv", norm(at + ".norm1", x)), 3, 1))
    heads = []
    for i in range(h):
        a = q[i] @ k[i].T / np.sqrt(q[i].shape[1]) + np.triu(np.full((L, L), -1e9), 1)
        a = np.exp(a - a.max(-1, keepdims=True))
        heads.append(a / a.sum(-1, keepdims=True) @ v[i])
    x = x + linear(at + ".out", np.concatenate(heads, 1))
    x = x + linear(at + ".down", gelu(linear(at + ".up", norm(at + ".norm2", x))))
print(json.dumps((norm("norm", x)[-1] @ w["items"].T).tolist()))
`;

/** The SAE from docs/model.md's equations; prints features and reconstruction of raw activations. */
const SAE = `
import json, sys
import numpy as np
from safetensors.numpy import load_file
folder, x = sys.argv[1], np.array(json.loads(sys.argv[2]))
shape = json.load(open(folder + "/manifest.json"))["sae"]
w = {k[4:]: v for k, v in load_file(folder + "/weights.safetensors").items() if k.startswith("sae.")}
mean, std = w["scaling"]
z = ((x - mean) / std - w["decoderBias"]) @ w["encoder"] + w["encoderBias"]
kind = shape["activation"]["kind"]
f = np.maximum(z, 0)
if kind == "threshold":
    f = np.where(z > w["threshold"], f, 0)
if kind == "topk":
    f = np.where(z >= np.sort(z, 1)[:, -shape["activation"]["k"]][:, None], f, 0)
print(json.dumps({"features": f.tolist(), "decoded": ((f @ w["decoder"] + w["decoderBias"]) * std + mean).tolist()}))
`;

/** SAELens's encode and decode; prints the configuration, features and reconstruction. */
const SAE_LENS = `
import json, sys
import numpy as np
from safetensors.numpy import load_file
folder, x = sys.argv[1], np.array(json.loads(sys.argv[2]), dtype=np.float32)
cfg = json.load(open(folder + "/cfg.json"))
w = load_file(folder + "/sae_weights.safetensors")
assert w["W_enc"].shape == (cfg["d_in"], cfg["d_sae"]) and w["W_dec"].shape == (cfg["d_sae"], cfg["d_in"])
z = x @ w["W_enc"] + w["b_enc"]
f = np.maximum(z, 0)
if cfg["architecture"] == "jumprelu":
    f = f * (z > w["threshold"])
if cfg["architecture"] == "topk":
    f = np.where(z >= np.sort(z, 1)[:, -cfg["k"]][:, None], f, 0)
print(json.dumps({"cfg": cfg, "features": f.tolist(), "decoded": (f @ w["W_dec"] + w["b_dec"]).tolist()}))
`;

it('a checkpoint opens in Python with safetensors alone, and gives the same scores', async () => {
  const { folder, checkpoint } = published();
  const scores = JSON.parse(await runPython(GPTREC, [folder, JSON.stringify(ITEMS)], libraries)) as number[];
  expectClose(scores, referenceForward(checkpoint, ITEMS).logits.at(-1)!, 1e-4);
});

it.each(TINY_SAES.filter(({ site }) => site === 'block'))(
  'so does its SAE, and gives the same features and reconstructions: $activation.kind',
  async (shape) => {
    const { folder, checkpoint } = published(shape);
    const x = referenceForward(checkpoint, ITEMS).streams[1]!;
    const printed = await runPython(SAE, [folder, JSON.stringify(x)], libraries);
    const { features, decoded } = JSON.parse(printed) as Record<'features' | 'decoded', number[][]>;
    for (const [i, at] of x.entries()) {
      const expected = referenceFeatures(checkpoint, at);
      expectClose(features[i]!, expected, 1e-4);
      expectClose(decoded[i]!, referenceDecode(checkpoint, expected), 1e-4);
    }
  },
);

describe('export sae-lens', () => {
  const run = async (...args: readonly string[]) => {
    const said: string[] = [];
    const hear = (text: string): void => void said.push(text);
    const terminal = { out: hear, err: hear, env: {}, signal: new AbortController().signal };
    return { code: await runCli(['export', 'sae-lens', ...args], terminal), said: said.join('') };
  };

  it.each(TINY_SAES.filter(({ site }) => site === 'block'))(
    'writes an SAE whose features are the same on raw activations: $activation.kind',
    async (shape) => {
      const { folder, checkpoint } = published(shape);
      const to = join(temporaryFolder(), 'sae');
      expect(await run(folder, to)).toEqual({ code: 0, said: expect.stringContaining('16 features') as string });
      const x = referenceForward(checkpoint, ITEMS).streams[1]!;
      const printed = await runPython(SAE_LENS, [to, JSON.stringify(x)], libraries);
      const { cfg, features, decoded } = JSON.parse(printed) as Record<'features' | 'decoded', number[][]> & {
        cfg: { metadata: Record<string, string> };
      };
      expect(cfg.metadata).toMatchObject({ hook_name: 'blocks.0.hook_resid_post', sae_lens_version: '6.0.0' });
      for (const [i, at] of x.entries()) {
        const expected = referenceFeatures(checkpoint, at);
        expectClose(features[i]!, expected, 1e-4);
        expectClose(decoded[i]!, referenceDecode(checkpoint, expected), 1e-4);
      }
    },
  );

  it('says where there is no checkpoint, and what is wrong with a broken one', async () => {
    const { folder } = published();
    const missing = await run(join(folder, 'none'), 'x');
    expect(missing.code).toBe(2);
    expect(missing.said).toContain('none');
    writeFileSync(join(folder, 'weights.safetensors'), 'broken');
    const broken = await run(folder, 'x');
    expect(broken.code).toBe(2);
    expect(broken.said).toContain('weights.safetensors');
  });
});
