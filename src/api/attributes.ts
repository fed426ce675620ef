/** Which attributes may be set, and what people see of them. */
import { HttpStatus } from '@nestjs/common';
import type { Gains } from '../events/events.js';
import type { AttributeSteering } from '../steering/steering-map.js';
import { closest } from '../text/closest.js';
import { Problem, pointer } from './problem.js';
import type { AttributesView } from './schemas.js';
import type { CheckpointInService } from './service.js';

/** @throws Problem 503 before the first checkpoint is loaded. */
export function required(current: CheckpointInService | undefined): CheckpointInService {
  if (current !== undefined) return current;
  throw new Problem(HttpStatus.SERVICE_UNAVAILABLE, 'No checkpoint is loaded yet; /health/ready says why.');
}

/**
 * The attributes of `gains` that the checkpoint cannot steer: it knows them, or the user has set them under another one.
 * @param kept the user's own; asked for where there are some that the checkpoint does not know
 * @throws Problem 400 naming each unknown one, with those that may have been meant.
 */
export async function checkAttributes(
  gains: Gains,
  { checkpoint }: CheckpointInService,
  kept: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const steerable = new Set(checkpoint.steeringMap.attributes.map(({ attribute }) => attribute));
  const known = new Set([...steerable, ...checkpoint.attributes.names]);
  const strange = Object.keys(gains).filter((attribute) => !known.has(attribute));
  const own = strange.length > 0 ? await kept() : [];
  const unknown = strange.filter((attribute) => !own.includes(attribute));
  if (unknown.length === 0) return Object.keys(gains).filter((attribute) => !steerable.has(attribute));
  throw new Problem(HttpStatus.BAD_REQUEST, 'The current checkpoint does not know every attribute of these gains.', {
    errors: unknown.map((attribute) => {
      const meant = closest(attribute, known);
      const hint =
        meant.length > 0 ? `did you mean ${meant.join(' or ')}?` : 'GET /attributes lists those that there are.';
      return { pointer: pointer(['gains', attribute]), detail: `no attribute "${attribute}": ${hint}` };
    }),
  });
}

export function attributesView({ id, checkpoint }: CheckpointInService): AttributesView {
  const { unitLift, attributes } = checkpoint.steeringMap;
  return {
    checkpoint: id,
    unitLift,
    attributes: attributes.map((steering) => ({
      attribute: steering.attribute,
      method: steering.method,
      baseShare: steering.baseShare,
      maxGain: unitLift > 0 ? Math.min(1, Math.max(0, steering.maxLift / unitLift)) : 0,
      maxLift: steering.maxLift,
      maxShare: maxShare(steering),
    })),
  };
}

/** The share at the greatest safe lift, as measured. */
function maxShare({ curve, baseShare }: AttributeSteering): number {
  return Math.max(baseShare, ...curve.map(({ share }) => share));
}
