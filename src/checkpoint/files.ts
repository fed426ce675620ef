/**
 * A checkpoint as a self-describing folder:
 *   manifest.json         what it is and what made it, with the SHA-256 of every other file
 *   weights.safetensors   `gptrec.*`, `sae.*`, `steering.*`
 *   vocabulary.json       item ids and their training counts, by item index
 *   attributes.json       attribute -> item indexes
 *   steering-map.json     how each attribute is steered
 *   feature-map.json      which features of earlier checkpoints are which of this one; may be left out
 *   window.onnx           the model as graphs for other runtimes, which refer to the weights (src/onnx); nothing is read
 *   step.onnx             of them here, and checkpoints of before there were any lack them
 * Reading checks everything that serving relies on; a checkpoint is used whole or refused with the reason.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { atOnce, type Pieces, stretches } from '../ops/pieces.js';
import { gptRecShapes } from '../model/gptrec.js';
import { saeShapes } from '../model/sae.js';
import { type Tree, leaves } from '../model/tree.js';
import { steeringShapes } from '../model/steering-weights.js';
import { SteeringMap1Schema } from '../steering/steering-map-1.js';
import { type SteeringMap, SteeringMapSchema, type Term } from '../steering/steering-map.js';
import type { Attributes, Checkpoint, Vocabulary } from './checkpoint.js';
import { areSound, FeatureMapsSchema } from './feature-map.js';
import { onnxGraphs, WEIGHTS } from './graphs.js';
import { type Manifest, ManifestSchema } from './manifest.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';

export const MANIFEST = 'manifest.json';
const VOCABULARY = 'vocabulary.json';
const ATTRIBUTES = 'attributes.json';
const STEERING_MAP = 'steering-map.json';
const FEATURE_MAP = 'feature-map.json';
const WINDOW_GRAPH = 'window.onnx';
const STEP_GRAPH = 'step.onnx';

/** A checkpoint cannot be used; the message says why. */
export class CheckpointRefused extends Error {
  override readonly name = 'CheckpointRefused';
}

/** A checkpoint to be published: its manifest still lacks the hashes. */
export type CheckpointDraft = Omit<Checkpoint, 'manifest' | 'featureMaps'> & {
  readonly manifest: Omit<Manifest, 'files'>;
  readonly featureMaps?: Checkpoint['featureMaps'];
};

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const toJson = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value)}\n`);

function graphFiles(draft: CheckpointDraft): ReadonlyMap<string, Buffer> {
  const { window, step } = onnxGraphs(draft);
  return new Map([
    [WINDOW_GRAPH, window],
    [STEP_GRAPH, step],
  ]);
}

/** @param graphs name -> bytes; made of the draft, unless it is one that has none */
export function encodeCheckpoint(
  draft: CheckpointDraft,
  graphs: ReadonlyMap<string, Buffer> = graphFiles(draft),
): Map<string, Buffer> {
  const { manifest, weights, vocabulary, attributes, steeringMap, featureMaps = [] } = draft;
  const files = new Map<string, Buffer>([
    ...graphs,
    [WEIGHTS, writeSafetensors(weights)],
    [VOCABULARY, toJson({ items: vocabulary.items, counts: [...vocabulary.counts] })],
    [ATTRIBUTES, toJson(attributes.names.map((name, a) => ({ name, items: [...(attributes.items[a] ?? [])] })))],
    [STEERING_MAP, toJson(steeringMap)],
    ...(featureMaps.length > 0 ? [[FEATURE_MAP, toJson(featureMaps)] as const] : []),
  ]);
  const hashes = Object.fromEntries([...files].map(([name, bytes]) => [name, sha256(bytes)]));
  return files.set(MANIFEST, Buffer.from(`${JSON.stringify({ ...manifest, files: hashes }, null, 2)}\n`));
}

/** The manifest's hash: since the manifest holds the other files' hashes, it names the content. */
export const contentHash = (files: ReadonlyMap<string, Buffer>): string => sha256(file(files, MANIFEST));

/** Its first digits, as lists name it. */
export const contentId = (files: ReadonlyMap<string, Buffer>): string => contentHash(files).slice(0, CONTENT_ID_DIGITS);
export const CONTENT_ID_DIGITS = 8;

/** @throws CheckpointRefused */
export function readManifest(files: ReadonlyMap<string, Buffer>): Manifest {
  return parse(files, MANIFEST, ManifestSchema);
}

/** @throws CheckpointRefused */
export const decodeCheckpoint = (files: ReadonlyMap<string, Buffer>): Checkpoint => atOnce(decoding(files));

/** A checkpoint decoded and checked, for a process that serves meanwhile. @throws CheckpointRefused */
export function* decoding(files: ReadonlyMap<string, Buffer>): Pieces<Checkpoint> {
  const manifest = readManifest(files);
  for (const name of new Set([WEIGHTS, VOCABULARY, ATTRIBUTES, STEERING_MAP, ...Object.keys(manifest.files)])) {
    if (manifest.files[name] !== (yield* hashing(file(files, name))))
      throw new CheckpointRefused(`${name} is not what was published`);
  }
  const weights = readWeights(file(files, WEIGHTS));
  yield;
  const vocabulary = readVocabulary(files);
  yield;
  const attributes = readAttributes(files, manifest.gptrec.items);
  yield;
  const checkpoint: Checkpoint = {
    manifest,
    weights,
    vocabulary,
    attributes,
    steeringMap: readSteeringMap(files, manifest),
    featureMaps:
      manifest.files[FEATURE_MAP] !== undefined
        ? parse<Checkpoint['featureMaps']>(files, FEATURE_MAP, FeatureMapsSchema)
        : [],
  };
  const complaints = [
    ...disagreements(checkpoint),
    ...((yield* hasTwice(vocabulary.items)) ? ['the vocabulary names an item twice'] : []),
    ...(yield* strangeWeights(checkpoint)),
  ];
  if (complaints.length > 0) throw new CheckpointRefused(complaints.join('; '));
  return checkpoint;
}

/** Bytes, values and names of a piece of work: some milliseconds each. */
const PIECE = { bytes: 4 * 1024 * 1024, values: 2 ** 20, names: 2 ** 14 };

function* hashing(bytes: Buffer): Pieces<string> {
  const hash = createHash('sha256');
  for (const [from, to] of stretches(bytes.length, PIECE.bytes)) {
    hash.update(bytes.subarray(from, to));
    yield;
  }
  return hash.digest('hex');
}

function* hasTwice(names: readonly string[]): Pieces<boolean> {
  const seen = new Set<string>();
  for (const [from, to] of stretches(names.length, PIECE.names)) {
    for (let i = from; i < to; i += 1) seen.add(names[i] ?? '');
    yield;
  }
  return seen.size !== names.length;
}

function readSteeringMap(files: ReadonlyMap<string, Buffer>, { formatVersion }: Manifest): SteeringMap {
  return parse<SteeringMap>(files, STEERING_MAP, formatVersion === 1 ? SteeringMap1Schema : SteeringMapSchema);
}

function readWeights(bytes: Buffer): Checkpoint['weights'] {
  try {
    return readSafetensors(bytes).weights;
  } catch (error) {
    throw new CheckpointRefused(error instanceof Error ? error.message : String(error));
  }
}

/** Long lists as one value each: schemas of their parts would take ten times as long. */
const listOf = <T>(isOne: (value: unknown) => value is T, what: string): z.ZodType<T[]> =>
  z.custom<T[]>((value) => Array.isArray(value) && value.every(isOne), `expected a list of ${what}`);
const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => Number.isFinite(value) && (value as number) >= 0;
const isIndex = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const VocabularySchema = z.strictObject({
  items: listOf(isText, 'texts'),
  counts: listOf(isCount, 'numbers from 0'),
});

function readVocabulary(files: ReadonlyMap<string, Buffer>): Vocabulary {
  const { items, counts } = parse(files, VOCABULARY, VocabularySchema);
  if (counts.length !== items.length)
    throw new CheckpointRefused(`${VOCABULARY} has ${items.length} items, ${counts.length} counts`);
  return { items, counts: Float64Array.from(counts) };
}

const AttributesSchema = z.array(z.strictObject({ name: z.string(), items: listOf(isIndex, 'item indexes') }));

function readAttributes(files: ReadonlyMap<string, Buffer>, items: number): Attributes {
  const all = parse(files, ATTRIBUTES, AttributesSchema);
  const strange = all.find((attribute) => attribute.items.some((item) => item >= items));
  if (strange) throw new CheckpointRefused(`${ATTRIBUTES}: ${strange.name} names an item beyond the vocabulary`);
  const unordered = all.find((attribute) => attribute.items.some((item, i) => item <= (attribute.items[i - 1] ?? -1)));
  if (unordered) throw new CheckpointRefused(`${ATTRIBUTES}: the items of ${unordered.name} do not ascend`);
  return { names: all.map(({ name }) => name), items: all.map((attribute) => Int32Array.from(attribute.items)) };
}

/** Where the parts contradict each other, but for what takes long to see. */
function disagreements(checkpoint: Checkpoint): readonly string[] {
  const { manifest, weights, vocabulary, attributes, steeringMap, featureMaps } = checkpoint;
  const { gptrec, sae, steering } = manifest;
  const known = new Set(attributes.names);
  return [
    vocabulary.items.length !== gptrec.items &&
      `the vocabulary has ${vocabulary.items.length} items, the model ${gptrec.items}`,
    gptrec.width % gptrec.heads !== 0 && `width ${gptrec.width} cannot be dealt to ${gptrec.heads} heads`,
    sae.width !== gptrec.width && `the SAE has width ${sae.width}, the model ${gptrec.width}`,
    sae.layer > gptrec.layers && `the SAE reads block ${sae.layer} of ${gptrec.layers}`,
    steeringMap.layer !== sae.layer && `the steering map edits block ${steeringMap.layer}, the SAE reads ${sae.layer}`,
    sae.activation.kind === 'topk' &&
      sae.activation.k > sae.features &&
      `the SAE keeps ${sae.activation.k} of ${sae.features} features`,
    (weights.get('sae.scaling')?.data[1] ?? 1) <= 0 &&
      `the SAE divides by a deviation of ${weights.get('sae.scaling')?.data[1]}, which is not above 0`,
    weights.get('sae.threshold')?.data.some((value) => value < 0) === true && 'a threshold of the SAE is negative',
    known.size !== attributes.names.length && 'an attribute is listed twice',
    new Set(steeringMap.attributes.map(({ attribute }) => attribute)).size !== steeringMap.attributes.length &&
      'the steering map names an attribute twice',
    ...steeringMap.attributes.flatMap(({ attribute, terms }) => [
      ...terms.map((term) => beyond(term, manifest)).map((what) => what && `${attribute} is steered by ${what}`),
      !known.has(attribute) && `the steering map names ${attribute}, which no item bears`,
    ]),
    ...featureMaps.map(
      ({ content, features }) =>
        !areSound(features, sae.features) && `the features of ${content} are not mapped one to one`,
    ),
    steering.adapters > 0 && steering.hidden === 0 && 'the adapters have no hidden units',
  ].filter((complaint) => complaint !== false);
}

/** What a term names that there is not. */
function beyond(term: Term, { sae, steering }: Manifest): string | false {
  const outside = (what: string, index: number, count: number): string | false =>
    index >= count && `${what} ${index} of ${count}`;
  if (term.kind === 'latent') return outside('feature', term.feature, sae.features);
  if (term.kind === 'direction') return outside('direction', term.direction, steering.directions);
  return term.kind === 'adapter' && outside('adapter', term.adapter, steering.adapters);
}

function* strangeWeights({ manifest, weights }: Checkpoint): Pieces<readonly string[]> {
  const { gptrec, sae, steering } = manifest;
  const all = { gptrec: gptRecShapes(gptrec), sae: saeShapes(sae), steering: steeringShapes(steering, gptrec) };
  const complaints: string[] = [];
  for (const [name, shape] of leaves(all as unknown as Tree<Int32Array>)) {
    const weight = weights.get(name);
    if (weight === undefined) complaints.push(`weight ${name} is missing`);
    else if (weight.shape.join() !== shape.join())
      complaints.push(`weight ${name} is [${weight.shape.join()}], not [${shape.join()}]`);
    else if (!(yield* areFinite(weight.data))) complaints.push(`weight ${name} is not finite`);
  }
  return complaints;
}

function* areFinite(values: Float32Array): Pieces<boolean> {
  for (const [from, to] of stretches(values.length, PIECE.values)) {
    // A loop of its own: `every` takes eight times as long.
    for (let i = from; i < to; i += 1) if (!Number.isFinite(values[i])) return false;
    yield;
  }
  return true;
}

function file(files: ReadonlyMap<string, Buffer>, name: string): Buffer {
  const bytes = files.get(name);
  if (bytes === undefined) throw new CheckpointRefused(`${name} is missing`);
  return bytes;
}

function parse<T>(files: ReadonlyMap<string, Buffer>, name: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(file(files, name).toString('utf8'));
  } catch (error) {
    if (error instanceof CheckpointRefused) throw error;
    throw new CheckpointRefused(`${name} is no JSON`);
  }
  const result = schema.safeParse(value);
  if (!result.success) throw new CheckpointRefused(`${name}: ${z.prettifyError(result.error)}`);
  return result.data;
}
