/** One user moves one slider: the list before, a profile event, the list after. */
import { randomUUID } from 'node:crypto';
import type { Checkpoint } from '../../src/checkpoint/checkpoint.js';
import { createCodec } from '../../src/events/codec.js';
import type { ProfileEvent, RecommendationList } from '../../src/events/events.js';
import type { Log } from '../../src/ports/log.js';
import type { AttributeSteering } from '../../src/steering/steering-map.js';
import type { ListReader } from './list-reader.js';

export interface SliderMoved {
  readonly user: string;
  readonly attribute: string;
  readonly before: RecommendationList;
  readonly after: RecommendationList;
  readonly shareBefore: number;
  readonly shareAfter: number;
}

/** A user with an attribute that the list has little of, and that the checkpoint steers well. */
export function chooseSlider(
  checkpoint: Checkpoint,
  lists: Iterable<RecommendationList>,
): { user: string; attribute: string } | undefined {
  const candidates = checkpoint.steeringMap.attributes.filter(({ maxLift }) => maxLift > 0);
  let best: { user: string; attribute: string; room: number } | undefined;
  for (const list of lists) {
    for (const steering of candidates) {
      const room =
        expectedShare(steering, checkpoint.steeringMap.unitLift) - share(list, checkpoint, steering.attribute);
      if (best === undefined || room > best.room) best = { user: list.userId, attribute: steering.attribute, room };
    }
  }
  return best;
}

/** Mean share at gain 1. */
function expectedShare({ baseShare, maxLift }: AttributeSteering, unitLift: number): number {
  const odds = (baseShare / (1 - baseShare)) * Math.exp(Math.min(maxLift, unitLift));
  return odds / (1 + odds);
}

/** Share of a list's items that bear the attribute. */
export function share(
  { items }: RecommendationList,
  { vocabulary, attributes }: Checkpoint,
  attribute: string,
): number {
  const bearers = attributes.items[attributes.names.indexOf(attribute)] ?? new Int32Array();
  const ids = new Set(Array.from(bearers, (item) => vocabulary.items[item]));
  return items.filter(({ itemId }) => ids.has(itemId)).length / Math.max(1, items.length);
}

export async function moveSlider(
  log: Log,
  reader: ListReader,
  checkpoint: Checkpoint,
  { topic, user, attribute, before }: { topic: string; user: string; attribute: string; before: RecommendationList },
  signal: AbortSignal,
): Promise<SliderMoved> {
  const event: ProfileEvent = {
    eventId: randomUUID(),
    userId: user,
    mode: 'merge',
    gains: { [attribute]: 1 },
    expiresAt: null,
    preset: null,
    expectedVersion: null,
    occurredAt: Date.now(),
  };
  await log.append([{ topic, key: Buffer.from(user), value: createCodec('profile-event').encode(event) }]);
  let after = before;
  await reader.until((list) => {
    const isAnswer = list.userId === user && list.reason.trigger === 'profile';
    if (isAnswer) after = list;
    return isAnswer;
  }, signal);
  const [shareBefore, shareAfter] = [share(before, checkpoint, attribute), share(after, checkpoint, attribute)];
  return { user, attribute, before, after, shareBefore, shareAfter };
}
