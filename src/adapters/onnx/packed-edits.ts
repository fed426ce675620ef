/** Edits as numbers, five each, to cross to another thread: kind, three whole numbers, amount. */
import type { Edit, LatentMode } from '../../model/edit.js';

const NUMBERS = 5;
const KINDS = ['latent', 'direction', 'adapter', 'score'] as const satisfies readonly Edit['kind'][];
const MODES: readonly LatentMode[] = ['replace', 'delta', 'add'];

/** Those of each request in a row, and how many each has. */
export interface PackedEdits {
  readonly numbers: Float64Array<ArrayBuffer>;
  readonly counts: Int32Array<ArrayBuffer>;
}

export function packEdits(edits: readonly (readonly Edit[])[]): PackedEdits {
  const counts = Int32Array.from(edits, (row) => row.length);
  return { numbers: Float64Array.from(edits.flat().flatMap(numbersOf)), counts };
}

export function unpackEdits({ numbers, counts }: PackedEdits): Edit[][] {
  let at = 0;
  return Array.from(counts, (count) =>
    Array.from({ length: count }, () => editOf(numbers.subarray(at, (at += NUMBERS)))),
  );
}

function numbersOf(edit: Edit): readonly number[] {
  const kind = KINDS.indexOf(edit.kind);
  switch (edit.kind) {
    case 'latent':
      return [kind, edit.layer, edit.feature, MODES.indexOf(edit.mode), edit.amount];
    case 'direction':
      return [kind, edit.direction, 0, 0, edit.amount];
    case 'adapter':
      return [kind, edit.adapter, 0, 0, edit.amount];
    case 'score':
      return [kind, edit.attribute, 0, 0, edit.amount];
  }
}

function editOf([code = -1, first = 0, feature = 0, mode = 0, amount = 0]: Float64Array): Edit {
  const kind = KINDS[code];
  switch (kind) {
    case 'latent':
      return { kind, layer: first, feature, mode: MODES[mode] ?? 'delta', amount };
    case 'direction':
      return { kind, direction: first, amount };
    case 'adapter':
      return { kind, adapter: first, amount };
    case 'score':
      return { kind, attribute: first, amount };
    default:
      throw new Error(`an edit of kind ${code} came across`);
  }
}
