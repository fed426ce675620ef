/** All edits of a forward call as one function of what passes a place at the last positions. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor2D } from '@tensorflow/tfjs';
import type { AdapterEdit, DirectionEdit, LatentEdit, ModelEdit } from './edit.js';
import type { GptRecWeights } from './gptrec.js';
import type { Sae } from './sae.js';
import { isAt, type Place } from './shapes.js';
import { adaptBy, shiftAlong } from './shift.js';
import { steer } from './steer.js';
import type { SteeringWeights } from './steering-weights.js';

/** A model, and what edits of it refer to. */
export interface Editable {
  readonly gptrec: GptRecWeights;
  /** Absent while there is none yet: then no latent edit can be given. */
  readonly sae?: Sae;
  /** Absent, or without directions or adapters: then no edit can name one. */
  readonly steering?: SteeringWeights;
}

/** x [B, d] at a place -> what goes on from there, [B, d]: x itself where no edit acts. */
export type EditAt = (x: Tensor2D, place: Place) => Tensor2D;

/**
 * `edits[b]` are row b's. Latent edits act where the SAE reads, directions after every block, adapters after the last;
 * at one place in that order. Undefined without any edit.
 * @throws Error for a latent edit at a layer where the SAE does not read, and for a direction or adapter there is not.
 */
export function edited(model: Editable, edits: readonly (readonly ModelEdit[])[]): EditAt | undefined {
  const latent = edits.map((row) => row.filter((edit): edit is LatentEdit => edit.kind === 'latent'));
  const along = edits.map((row) => row.filter((edit): edit is DirectionEdit => edit.kind === 'direction'));
  const by = edits.map((row) => row.filter((edit): edit is AdapterEdit => edit.kind === 'adapter'));
  const { gptrec, sae, steering = {} } = model;
  const strange = latent.flat().find((edit) => edit.layer !== sae?.shape.layer);
  if (strange) throw new Error(`an edit acts at block ${strange.layer}, where no SAE reads`);
  const { directions, adapters } = steering;
  refuseBeyond(
    'direction',
    directions?.shape[0] ?? 0,
    along.flat().map(({ direction }) => direction),
  );
  refuseBeyond(
    'adapter',
    adapters?.outBias.shape[0] ?? 0,
    by.flat().map(({ adapter }) => adapter),
  );
  if (edits.every((row) => row.length === 0)) return undefined;
  return (x, place) =>
    tf.tidy(() => {
      const steered = sae && isAt(sae.shape, place) ? steer(x, sae, latent) : x;
      if (place.site !== 'block') return steered;
      const shifted = shiftAlong(steered, place.layer, steering, along);
      return place.layer === gptrec.blocks.length ? adaptBy(shifted, gptrec, steering, by) : shifted;
    });
}

function refuseBeyond(what: string, count: number, named: readonly number[]): void {
  const unknown = named.find((index) => index < 0 || index >= count);
  if (unknown !== undefined) throw new Error(`an edit names ${what} ${unknown} of ${count}`);
}
