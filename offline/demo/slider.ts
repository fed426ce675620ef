/** One user moves one slider: the list before, a profile event, the list after. */
import { randomUUID } from 'node:crypto';
import type { Checkpoint } from '../../src/checkpoint/checkpoint.js';
import type { ProfileEvent, RecommendationList } from '../../src/events/events.js';
import type { WireFormat } from '../../src/events/wire-format.js';
import type { Log } from '../../src/ports/log.js';
import type { ListReader } from './list-reader.js';

export interface SliderMoved {
  readonly user: string;
  readonly attribute: string;
  readonly before: RecommendationList;
  readonly after: RecommendationList;
  readonly shareBefore: number;
  readonly shareAfter: number;
}

/** At most this much of a list bears the attribute before: there has to be room for more. */
const ROOM = 0.3;

/**
 * A user and an attribute that the list has some of, though not much: asking for more of what one never takes moves
 * little, and would show the wrong thing. The rise that the steering map promises is the greatest there is.
 */
export function chooseSlider(
  { steeringMap, ...checkpoint }: Checkpoint,
  lists: Iterable<RecommendationList>,
): { user: string; attribute: string } | undefined {
  let best: { user: string; attribute: string; rise: number } | undefined;
  for (const list of lists) {
    for (const { attribute, maxLift } of steeringMap.attributes) {
      const before = share(list, checkpoint, attribute);
      if (before > ROOM) continue;
      const rise = lifted(before, Math.min(maxLift, steeringMap.unitLift)) - before;
      if (best === undefined || rise > best.rise) best = { user: list.userId, attribute, rise };
    }
  }
  return best;
}

/** The share whose logit is higher by `lift`. */
function lifted(before: number, lift: number): number {
  const odds = (before / (1 - before)) * Math.exp(lift);
  return odds / (1 + odds);
}

/** Share of a list's items that bear the attribute. */
export function share(
  { items }: RecommendationList,
  { vocabulary, attributes }: Pick<Checkpoint, 'vocabulary' | 'attributes'>,
  attribute: string,
): number {
  const bearers = attributes.items[attributes.names.indexOf(attribute)] ?? new Int32Array();
  const ids = new Set(Array.from(bearers, (item) => vocabulary.items[item]));
  return items.filter(({ itemId }) => ids.has(itemId)).length / Math.max(1, items.length);
}

interface SliderMove {
  readonly topic: string;
  readonly wire: WireFormat;
  readonly user: string;
  readonly attribute: string;
  readonly before: RecommendationList;
}

export async function moveSlider(
  log: Log,
  reader: ListReader,
  checkpoint: Checkpoint,
  { topic, wire, user, attribute, before }: SliderMove,
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
  const encoder = await wire.encoder('profile-event', topic);
  await log.append([{ topic, key: Buffer.from(user), value: encoder.encode(event) }]);
  let after = before;
  await reader.until((list) => {
    const isAnswer = list.userId === user && list.reason.trigger === 'profile';
    if (isAnswer) after = list;
    return isAnswer;
  }, signal);
  const [shareBefore, shareAfter] = [share(before, checkpoint, attribute), share(after, checkpoint, attribute)];
  return { user, attribute, before, after, shareBefore, shareAfter };
}
