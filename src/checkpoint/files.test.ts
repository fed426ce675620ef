import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  TINY_GPTREC,
  TINY_SAE,
  TINY_SAES,
  TINY_STEERING,
  tinyCheckpoint,
  tinyCheckpointFiles,
  tinyDraft,
} from '../../test/builders/checkpoint.js';
import {
  type CheckpointDraft,
  CheckpointRefused,
  contentId,
  decodeCheckpoint,
  decoding,
  encodeCheckpoint,
} from './files.js';
import { onnxGraphs } from './graphs.js';

const WEIGHTS = 'weights.safetensors';
const GRAPHS = ['step.onnx', 'window.onnx'];
const NAMES = [
  'attributes.json',
  'feature-map.json',
  'manifest.json',
  'steering-map.json',
  ...GRAPHS,
  'vocabulary.json',
  WEIGHTS,
];

const NO_GRAPHS = new Map<string, Buffer>();

/** Published as if it were good: the hashes are right. */
function expectRefused(change: (draft: CheckpointDraft) => CheckpointDraft, reason: string | RegExp): void {
  const files = encodeCheckpoint(change(tinyDraft()), NO_GRAPHS);
  expect(() => decodeCheckpoint(files)).toThrow(CheckpointRefused);
  expect(() => decodeCheckpoint(files)).toThrow(reason);
}

/** A file with other content, and the manifest's hash to match. */
function rewritten(name: string, text: string, files = tinyCheckpointFiles()): Map<string, Buffer> {
  if (name === 'manifest.json') return files.set(name, Buffer.from(text));
  const manifest = JSON.parse(files.get('manifest.json')!.toString()) as { files: Record<string, string> };
  manifest.files[name] = createHash('sha256').update(text).digest('hex');
  return files.set(name, Buffer.from(text)).set('manifest.json', Buffer.from(JSON.stringify(manifest)));
}

/** The tiny checkpoint as format 1 had it. */
function formatOne(): Map<string, Buffer> {
  const { steeringMap, weights, manifest, ...draft } = tinyDraft();
  const { steering: _, ...older } = manifest;
  const old: CheckpointDraft = {
    ...draft,
    manifest: { ...older, formatVersion: 1 } as CheckpointDraft['manifest'],
    weights: new Map([...weights].filter(([name]) => !name.startsWith('steering.'))),
    steeringMap,
  };
  const files = encodeCheckpoint(old, NO_GRAPHS);
  const attributes = steeringMap.attributes.map(({ terms, ...rest }) => {
    const [term] = terms;
    return { ...rest, feature: term?.kind === 'latent' ? term.feature : -1, correlation: 0.5 };
  });
  return rewritten('steering-map.json', JSON.stringify({ ...steeringMap, attributes }), files);
}

const withWeight = (name: string, shape: number[], data = new Float32Array(shape.reduce((a, b) => a * b, 1))) => {
  return (draft: CheckpointDraft): CheckpointDraft => ({
    ...draft,
    weights: new Map([...draft.weights, [name, { shape, data }] as const]),
  });
};
const withSteering =
  (change: object) =>
  (draft: CheckpointDraft): CheckpointDraft => {
    const [first, ...others] = draft.steeringMap.attributes;
    return { ...draft, steeringMap: { ...draft.steeringMap, attributes: [{ ...first!, ...change }, ...others] } };
  };
const withManifest =
  (change: object) =>
  (draft: CheckpointDraft): CheckpointDraft => ({
    ...draft,
    manifest: { ...draft.manifest, ...change },
  });

describe('a checkpoint’s files', () => {
  it('give back the checkpoint that was published', () => {
    const draft = tinyDraft();
    const files = encodeCheckpoint(draft);
    expect([...files.keys()].sort()).toEqual([...NAMES].sort());
    const { manifest, ...read } = decodeCheckpoint(files);
    const { manifest: asked, ...written } = draft;
    const { files: hashes, ...rest } = manifest;
    expect(rest).toEqual(asked);
    expect(Object.keys(hashes).sort()).toEqual(NAMES.filter((name) => name !== 'manifest.json').sort());
    expect({ ...read, weights: [...read.weights].sort() }).toEqual({
      ...written,
      weights: [...written.weights].sort(),
    });
  });

  it('are the same bytes for the same checkpoint, and one content id for each content', () => {
    expect(encodeCheckpoint(tinyDraft())).toEqual(encodeCheckpoint(tinyDraft()));
    expect(contentId(tinyCheckpointFiles(1))).toMatch(/^[0-9a-f]{8}$/);
    expect(contentId(tinyCheckpointFiles(1))).toBe(contentId(tinyCheckpointFiles(1)));
    expect(contentId(tinyCheckpointFiles(2))).not.toBe(contentId(tinyCheckpointFiles(1)));
  });

  it('have the graphs that serving builds from the same weights, and are read without any', () => {
    for (const sae of TINY_SAES) {
      const files = encodeCheckpoint(tinyDraft(1, 12, sae));
      const { window, step } = onnxGraphs(decodeCheckpoint(files));
      expect([files.get('window.onnx'), files.get('step.onnx')]).toEqual([window, step]);
    }
    expect(decodeCheckpoint(encodeCheckpoint(tinyDraft(), NO_GRAPHS)).manifest.seed).toBe(1);
  });

  it.each(NAMES)('are refused without %s', (name) => {
    const files = tinyCheckpointFiles();
    files.delete(name);
    expect(() => decodeCheckpoint(files)).toThrow(new CheckpointRefused(`${name} is missing`));
  });

  it.each(NAMES.filter((name) => name !== 'manifest.json'))('are refused when any byte of %s was changed', (name) => {
    const { length } = tinyCheckpointFiles().get(name)!;
    for (let at = 0; at < length; at += Math.ceil(length / 50)) {
      const files = tinyCheckpointFiles();
      const bytes = Buffer.from(files.get(name)!);
      bytes[at]! ^= 0x10;
      expect(() => decodeCheckpoint(files.set(name, bytes))).toThrow(
        new CheckpointRefused(`${name} is not what was published`),
      );
    }
  });

  it.each(NAMES)('are refused when %s is cut off', (name) => {
    const files = tinyCheckpointFiles();
    const bytes = files.get(name)!;
    files.set(name, bytes.subarray(0, bytes.length - 3));
    expect(() => decodeCheckpoint(files)).toThrow(CheckpointRefused);
    expect(() => decodeCheckpoint(files)).toThrow(name);
  });

  it.each([
    ['another format', { formatVersion: 3 }, 'formatVersion'],
    ['a field too many', { surplus: 1 }, 'surplus'],
    ['metrics beyond 1', { metrics: { model: { ndcg: 2, hitRate: 0, coverage: 0, users: 1 } } }, 'metrics.model.ndcg'],
    ['no layers', { gptrec: { ...TINY_GPTREC, layers: 0 } }, 'gptrec.layers'],
    ['a billion layers', { gptrec: { ...TINY_GPTREC, layers: 1e9 } }, 'gptrec.layers'],
    ['another item count', { gptrec: { ...TINY_GPTREC, items: 13 } }, 'the vocabulary has 12 items, the model 13'],
    ['heads that do not divide', { gptrec: { ...TINY_GPTREC, heads: 3 } }, 'width 8 cannot be dealt to 3 heads'],
    ['an SAE of another width', { sae: { ...TINY_SAE, width: 4 } }, 'the SAE has width 4, the model 8'],
    ['an SAE beyond the model', { sae: { ...TINY_SAE, layer: 3 } }, 'the SAE reads block 3 of 2'],
    ['an SAE at another block than the map', { sae: { ...TINY_SAE, layer: 2 } }, 'edits block 1, the SAE reads 2'],
    ['more directions than weights', { steering: { ...TINY_STEERING, directions: 3 } }, 'is [2,2,8], not [3,2,8]'],
    ['adapters without hidden units', { steering: { ...TINY_STEERING, hidden: 0 } }, 'adapters have no hidden units'],
    ['more layers than weights', { gptrec: { ...TINY_GPTREC, layers: 3 } }, 'gptrec.blocks.2.qkv.weight is missing'],
  ])('are refused when the manifest says %s', (_, change, reason) => {
    expectRefused(withManifest(change), reason);
  });

  it.each([
    ['a feature that there is not', [[1, 16]]],
    [
      'one feature twice',
      [
        [1, 3],
        [2, 3],
      ],
    ],
    [
      'features out of order',
      [
        [2, 3],
        [1, 4],
      ],
    ],
  ] as const)('are refused when a feature map names %s', (_, features) => {
    expectRefused(
      (draft) => ({ ...draft, featureMaps: [{ content: '0badcafe', features }] }),
      'the features of 0badcafe are not mapped one to one',
    );
  });

  it('are read where no earlier checkpoint’s features are mapped', () => {
    const { featureMaps: _, ...alone } = tinyDraft();
    const files = encodeCheckpoint(alone);
    expect(files.has('feature-map.json')).toBe(false);
    expect(decodeCheckpoint(files).featureMaps).toEqual([]);
  });

  it('are read where the SAE’s site and activation are not named: they were added later', () => {
    const draft = tinyDraft();
    const { width, features, layer } = draft.manifest.sae;
    const older = { ...draft.manifest, sae: { width, features, layer } } as unknown as CheckpointDraft['manifest'];
    const { manifest } = decodeCheckpoint(encodeCheckpoint({ ...draft, manifest: older }, NO_GRAPHS));
    expect(manifest.sae).toEqual(TINY_SAE);
  });

  it('of format 1 are read: a feature or a score term is a method of one term, and nothing else steers', () => {
    const files = formatOne();
    const { manifest, steeringMap } = decodeCheckpoint(files);
    expect(manifest.steering).toEqual({ directions: 0, adapters: 0, hidden: 0 });
    expect(steeringMap).toEqual(tinyDraft().steeringMap);
    const newer = JSON.parse(files.get('manifest.json')!.toString()) as object;
    files.set('manifest.json', Buffer.from(JSON.stringify({ ...newer, formatVersion: 2 })));
    expect(() => decodeCheckpoint(files)).toThrow('steering-map.json');
  });

  it.each([
    ['0', Float32Array.of(0, 0), 'the SAE divides by a deviation of 0, which is not above 0'],
    ['negative', Float32Array.of(0, -1), 'the SAE divides by a deviation of -1'],
    ['no number', Float32Array.of(0, Number.NaN), 'weight sae.scaling is not finite'],
  ])('are refused where the deviation of what the SAE reads is %s', (_, data, reason) => {
    expectRefused(withWeight('sae.scaling', [2], data), reason);
  });

  it('keep thresholds of the SAE, and are refused where they are missing or negative', () => {
    const shape = TINY_SAES[2]!;
    const thresholds = tinyCheckpoint(1, 12, shape).weights.get('sae.threshold')!;
    expect(thresholds.shape).toEqual([16]);
    expectRefused(withManifest({ sae: shape }), 'weight sae.threshold is missing');
    const negative = withWeight('sae.threshold', [16], new Float32Array(16).fill(-1, 7, 8));
    expectRefused((draft) => withManifest({ sae: shape })(negative(draft)), 'a threshold of the SAE is negative');
    expectRefused(
      withManifest({ sae: { ...TINY_SAE, activation: { kind: 'topk', k: 17 } } }),
      'the SAE keeps 17 of 16 features',
    );
    expectRefused(withManifest({ sae: { ...TINY_SAE, site: 'head' } }), 'sae.site');
  });

  it('are refused when a weight is missing, of another shape, or not finite', () => {
    const name = 'gptrec.blocks.0.qkv.weight';
    expectRefused(
      (draft) => ({ ...draft, weights: new Map([...draft.weights].filter(([other]) => other !== name)) }),
      `weight ${name} is missing`,
    );
    expectRefused(withWeight(name, [24, 8]), `weight ${name} is [24,8], not [8,24]`);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const data = new Float32Array(12 * 8).fill(bad, 95);
      expectRefused(withWeight('gptrec.items', [12, 8], data), 'weight gptrec.items is not finite');
    }
  });

  it('are refused when the vocabulary is of another size, names an item twice, or counts wrongly', () => {
    const items = tinyDraft().vocabulary.items;
    const counts = Float64Array.from(items, () => 1);
    expectRefused(
      (draft) => ({ ...draft, vocabulary: { items: items.slice(1), counts: counts.slice(1) } }),
      '11 items',
    );
    expectRefused((draft) => ({ ...draft, vocabulary: { items: items.with(1, 'i0'), counts } }), 'names an item twice');
    expectRefused((draft) => ({ ...draft, vocabulary: { items, counts: counts.slice(1) } }), '12 items, 11 counts');
    expectRefused((draft) => ({ ...draft, vocabulary: { items, counts: counts.with(3, -1) } }), 'counts');
  });

  it('are refused when attributes name items beyond the vocabulary, out of order, or come twice', () => {
    const withItems =
      (...items: number[]) =>
      (draft: CheckpointDraft): CheckpointDraft => ({
        ...draft,
        attributes: { ...draft.attributes, items: [Int32Array.from(items), draft.attributes.items[1]!] },
      });
    expectRefused(withItems(0, 12), 'genre/Even names an item beyond the vocabulary');
    expectRefused(withItems(0, -1), 'attributes.json');
    expectRefused(withItems(3, 3), 'the items of genre/Even do not ascend');
    expectRefused(
      (draft) => ({ ...draft, attributes: { ...draft.attributes, names: ['genre/Low', 'genre/Low'] } }),
      'an attribute is listed twice',
    );
  });

  it('are refused when the steering map cannot be followed', () => {
    const point = { amount: 0, share: 0.5, lift: 0, ndcgKept: 1 };
    const along = (term: object) =>
      withSteering({
        terms: [
          { kind: 'score', per: 1 },
          { per: 1, ...term },
        ],
      });
    expectRefused(along({ kind: 'latent', mode: 'add', feature: 16 }), 'genre/Even is steered by feature 16 of 16');
    expectRefused(along({ kind: 'direction', direction: 2 }), 'genre/Even is steered by direction 2 of 2');
    expectRefused(along({ kind: 'adapter', adapter: 2 }), 'genre/Even is steered by adapter 2 of 2');
    expectRefused(along({ kind: 'latent', mode: 'delta', feature: -1 }), 'feature');
    expectRefused(along({ kind: 'score', most: 0 }), 'most');
    expectRefused(withSteering({ terms: [] }), 'terms');
    expectRefused(withSteering({ attribute: 'genre/None' }), 'names genre/None, which no item bears');
    expectRefused(withSteering({ attribute: 'genre/Low' }), 'the steering map names an attribute twice');
    expectRefused(withSteering({ curve: [] }), 'curve');
    expectRefused(withSteering({ curve: [point, { ...point, amount: -1, lift: 1 }] }), 'does not ascend');
    expectRefused(withSteering({ curve: [point, { ...point, amount: 1, lift: -1 }] }), 'does not ascend');
    expectRefused(withSteering({ method: 'magic' }), 'method');
    expectRefused(withSteering({ maxLift: Number.NaN }), 'maxLift');
  });

  it.each(NAMES.filter((name) => name.endsWith('.json')))('are refused when %s is no JSON, or another one', (name) => {
    for (const text of ['', 'not JSON', '[1]', '{}', 'null']) {
      expect(() => decodeCheckpoint(rewritten(name, text))).toThrow(CheckpointRefused);
      expect(() => decodeCheckpoint(rewritten(name, text))).toThrow(name);
    }
  });

  it('are decoded in pieces: a large file is more of them', () => {
    const pieces = (bytes: number): number => {
      const work = decoding(encodeCheckpoint(tinyDraft(), new Map([['window.onnx', Buffer.alloc(bytes)]])));
      let count = 0;
      while (work.next().done !== true) count += 1;
      return count;
    };
    expect(pieces(24 * 1024 * 1024) - pieces(1)).toBe(5);
  });

  it('are refused when the weights are no safetensors', () => {
    expect(() => decodeCheckpoint(rewritten(WEIGHTS, 'short'))).toThrow(CheckpointRefused);
    expect(() => decodeCheckpoint(rewritten(WEIGHTS, 'short'))).toThrow('safetensors: shorter than its header');
  });
});
