/** Healing, as src/stream/heal.ts does it: a topic after the other, a chunk of one record at a time. */
import { reduce, usersIn } from './fold.js';
import { type Step, doubtful, drop, go, stopAsOwner } from './owner.js';
import { type Move, type Position, show, spend, type Topic, type Touched } from './state.js';
import { refuses, statesOf } from './store.js';

export function heal(step: Step, position: Position, marker: Position): readonly Move[] {
  if (marker.i < position.i) return readChunk(step, position, marker, 'i');
  if (marker.p < position.p) return readChunk(step, position, marker, 'p');
  const { rules, state, owner } = step;
  if (rules.unreadCheck && state.kafka.first > position.i) {
    return [stopAsOwner(step, 'its next inputs were deleted unread', 'unread', position)];
  }
  const begun = state.kafka.committed.position.i === undefined ? (state.begun ?? position) : undefined;
  const next = { ...owner, phase: 'running' as const, marker: undefined };
  return [go({ ...step, state: { ...state, begun } }, `is healed, runs from ${show(position)}`, next)];
}

function readChunk(step: Step, position: Position, marker: Position, topic: Topic): readonly Move[] {
  const { mix, rules, state, owner } = step;
  const { first } = state.kafka;
  if (rules.retentionAfterChunk && topic === 'i' && marker.i < first) {
    return [stopAsOwner(step, 'history is gone', 'gone', marker)];
  }
  if (rules.checkedHealingReads && refuses(state.slot, owner.token, marker)) {
    return [drop(step, 'is refused the states to heal')];
  }
  // A read before the first offset silently begins there.
  const offset = topic === 'i' ? Math.max(marker.i, first) : marker.p;
  const to = { ...marker, [topic]: Math.min(offset + 1, position[topic]) };
  const user = offset < position[topic] ? usersIn(mix, topic)[offset] : undefined;
  const before = user === undefined ? undefined : statesOf(mix, state.slot)[user];
  const after = before === undefined ? undefined : reduce(before, topic, offset);
  const touched: Touched = user === undefined || after === undefined ? [] : [[user, after]];
  const batch = { to, lists: [], touched };
  const read = go(step, `heals: reads ${topic}#${offset} and states`, { ...owner, phase: 'heal-read', batch });
  return state.left.lag > 0 ? [read, readNothing(step, { ...marker, [topic]: position[topic] })] : [read];
}

/** What lies before the target is there, but the log does not show it now. */
function readNothing(step: Step, to: Position): Move {
  const early = { ...step, state: spend(step.state, 'lag') };
  const batch = { to, lists: [], touched: [] };
  const move = step.rules.gapsBeforeEnd
    ? drop(early, 'finds the log to end before its target')
    : go(early, 'heals: reads nothing, takes it for a gap', { ...step.owner, phase: 'heal-read', batch });
  return { ...move, isFault: true };
}

export function writeChunk(step: Step, marker: Position): readonly Move[] {
  const { owner } = step;
  const { batch, token } = owner;
  if (!batch) return [];
  const label = `heals: writes ${show(marker)} -> ${show(batch.to)}`;
  const write = { kind: 'write' as const, token, from: marker, to: batch.to, touched: batch.touched };
  return doubtful(step, label, write, { ...owner, phase: 'healing', marker: batch.to, batch: undefined });
}
