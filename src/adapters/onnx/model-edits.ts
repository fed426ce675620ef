/** The edits of a batch as inputs of a graph (src/onnx/edits.ts): what is named, each once, and by row how much of it. */
import { Tensor } from 'onnxruntime-node';
import type { Edit, LatentEdit } from '../../model/edit.js';
import type { EditedShapes } from '../../onnx/edits.js';
import type { EngineRequest } from '../../ports/engine.js';
import type { Scratch } from './scratch.js';

/** Inputs of a graph by name. */
export type Feeds = Record<string, Tensor>;

type Requests = readonly EngineRequest[];

/** @throws Error for an edit that names what the checkpoint lacks */
export function modelEdits(requests: Requests, { sae, steering }: EditedShapes, scratch: Scratch): Feeds {
  const features = named(requests, 'feature', sae.features, (edit) =>
    edit.kind === 'latent' ? refuseElsewhere(edit, sae.layer).feature : undefined,
  );
  const directions = named(requests, 'direction', steering.directions, (edit) =>
    edit.kind === 'direction' ? edit.direction : undefined,
  );
  const adapters = named(requests, 'adapter', steering.adapters, (edit) =>
    edit.kind === 'adapter' ? edit.adapter : undefined,
  );
  return {
    ...latentFeeds(requests, features, sae.activation.kind === 'topk', scratch),
    ...(steering.directions > 0 && {
      directions: indexes(directions),
      direction_amounts: amountsOf(requests, directions, scratch, 'direction', (edit) =>
        edit.kind === 'direction' ? edit.direction : undefined,
      ),
    }),
    ...(steering.adapters > 0 && {
      has_adapters: flag(adapters.size > 0),
      adapters: indexes(adapters),
      adapter_amounts: amountsOf(requests, adapters, scratch, 'adapter', (edit) =>
        edit.kind === 'adapter' ? edit.adapter : undefined,
      ),
    }),
  };
}

function refuseElsewhere(edit: LatentEdit, layer: number): LatentEdit {
  if (edit.layer !== layer) throw new Error(`an edit acts at block ${edit.layer}, where no SAE reads`);
  return edit;
}

/** What edits name -> its column, in order of appearance. @param nameOf undefined for edits of another kind */
export function named(
  requests: Requests,
  what: string,
  count: number,
  nameOf: (edit: Edit) => number | undefined,
): Map<number, number> {
  const columns = new Map<number, number>();
  for (const { edits } of requests) {
    for (const edit of edits) {
      const name = nameOf(edit);
      if (name === undefined || columns.has(name)) continue;
      if (name < 0 || name >= count) throw new Error(`an edit names ${what} ${name} of ${count}`);
      columns.set(name, columns.size);
    }
  }
  return columns;
}

/** The named as an input; one that nobody weighs where there is none, since a graph cannot multiply by nothing. */
const indexes = (columns: ReadonlyMap<number, number>): Tensor =>
  new Tensor('int32', columns.size > 0 ? Int32Array.from(columns.keys()) : Int32Array.of(0), [widthOf(columns)]);

const widthOf = (columns: ReadonlyMap<number, number>): number => Math.max(1, columns.size);

/** An input that says whether. */
export const flag = (value: boolean): Tensor => new Tensor('bool', Uint8Array.of(value ? 1 : 0), []);

/** Sums of the amounts of each row, [B, n]. */
export function amountsOf(
  requests: Requests,
  columns: ReadonlyMap<number, number>,
  scratch: Scratch,
  name: string,
  nameOf: (edit: Edit) => number | undefined,
): Tensor {
  const width = widthOf(columns);
  const amounts = scratch.float32(name, requests.length * width);
  for (const [b, { edits }] of requests.entries()) {
    for (const edit of edits) {
      const column = columns.get(nameOf(edit) ?? -1);
      if (column !== undefined) add(amounts, b * width + column, edit.amount);
    }
  }
  return new Tensor('float32', amounts, [requests.length, width]);
}

/** values[at] += by */
export function add(values: Float32Array, at: number, by: number): void {
  values[at] = (values[at] ?? 0) + by;
}

/** Bits of what a row does with a feature. */
const IS_DELTA = 1;
const IS_SET = 2;

/**
 * Delta and add edits of a row on one feature add up, its own activation is taken off once; of several replacements the
 * last counts, and takes it off once more.
 */
function latentFeeds(
  requests: Requests,
  columns: ReadonlyMap<number, number>,
  needsGreatest: boolean,
  scratch: Scratch,
): Feeds {
  const [B, F] = [requests.length, widthOf(columns)];
  const amounts = scratch.float32('feature_amounts', B * F);
  const own = scratch.float32('feature_own', B * F);
  const target = scratch.float32('feature_target', B * F);
  const done = scratch.uint8('feature_done', B * F);
  const replaced = scratch.uint8('is_replaced', B);
  let isWhole = false;
  for (const [b, { edits }] of requests.entries()) {
    for (const edit of edits) {
      if (edit.kind !== 'latent') continue;
      const at = b * F + (columns.get(edit.feature) ?? 0);
      const bit = edit.mode === 'replace' ? IS_SET : IS_DELTA;
      add(amounts, at, edit.amount);
      if (edit.mode === 'add') continue;
      if (edit.mode === 'replace') {
        add(amounts, at, -(target[at] ?? 0));
        target[at] = edit.amount;
        replaced[b] = 1;
      }
      const before = done[at] ?? 0;
      if ((before & bit) === 0) add(own, at, 1);
      done[at] = before | bit;
      isWhole ||= needsGreatest || edit.mode === 'replace';
    }
  }
  return {
    has_features: flag(columns.size > 0),
    features: indexes(columns),
    feature_amounts: new Tensor('float32', amounts, [B, F]),
    feature_own: new Tensor('float32', own, [B, F]),
    is_replaced: new Tensor('bool', replaced, [B, 1]),
    is_dictionary_needed: flag(isWhole),
  };
}
