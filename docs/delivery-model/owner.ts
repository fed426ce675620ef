/** What every step of an owner is made of: it goes on, gives up what it holds, or stops. */
import { stopFault } from './invariants.js';
import type { Mix, Rules } from './rules.js';
import {
  ENDED,
  type Move,
  name,
  type Owner,
  type Phase,
  type Position,
  spend,
  type State,
  type StoreCall,
  type Who,
  withOwner,
} from './state.js';
import { call, refuses } from './store.js';

export interface Step {
  readonly mix: Mix;
  readonly rules: Rules;
  readonly state: State;
  readonly who: Who;
  readonly owner: Owner;
}

export function go({ state, who }: Step, label: string, owner: Owner): Move {
  return { label: `${name(who)} ${label}`, isFault: false, next: withOwner(state, who, owner) };
}

/** Everything is thrown away, and the whole take-over runs again. */
export function drop(step: Step, label: string): Move {
  return go(step, `${label}, drops`, ended(step, 'waiting'));
}

/** What is left of an owner whose process lives on. */
export function ended({ rules, owner: { isCurrent, hot } }: Step, phase: Phase): Owner {
  return { ...ENDED, phase, isCurrent, hot: rules.hotEndsWithOwnership ? [] : hot };
}

/**
 * For records that are gone: stops only while it is the owner in both stores, by a fetch of offsets that shows its
 * sentinel and a read of token and marker. One that was fenced is no judge of what is gone.
 */
export function stopAsOwner(step: Step, label: string, reason: 'gone' | 'unread', marker: Position): Move {
  const { rules, state, owner } = step;
  const isFenced = Math.abs(state.kafka.visible.sentinel) !== Math.abs(owner.sentinel);
  if (!rules.stopsAsOwner) return stop(step, label, reason);
  if (isFenced || refuses(state.slot, owner.token, marker)) return drop(step, 'would stop, and is not the owner');
  return stop(step, label, reason);
}

/** A person is needed, until the task is given up. */
export function stop(step: Step, label: string, reason: 'gone' | 'unread' | 'marker-beyond-log'): Move {
  const move = go(step, `STOPS: ${label}`, ended(step, 'stopped'));
  const broken = stopFault(step.state, reason);
  return broken ? { ...move, broken } : move;
}

/** What an owner does after its write of states was refused. */
export function afterRefusal(step: Step, next: Owner): Move {
  const label = 'is refused its write of states';
  return step.rules.refusedWriteDrops ? drop(step, label) : go(step, `${label}, goes on`, next);
}

/** A call of the store: granted, refused, or without an answer; then it happened, or it may happen late. */
export function doubtful(step: Step, label: string, made: StoreCall, next: Owner, refused?: Move): readonly Move[] {
  const { mix, rules, state, who } = step;
  const granted = call(mix, rules, state, made);
  const moves: Move[] = [
    granted ? go({ ...step, state: granted }, label, next) : (refused ?? drop(step, `is refused: ${label}`)),
  ];
  if (state.left.doubt === 0) return moves;
  const late: State['late'] = who === 0 ? [made, state.late[1]] : [state.late[0], made];
  const pending = { ...step, state: spend({ ...state, late }, 'doubt') };
  moves.push({ ...drop(pending, `${label}, which may happen late, hears nothing`), isFault: true });
  if (granted) {
    const done = { ...step, state: spend(granted, 'doubt') };
    moves.push({ ...drop(done, `${label}, hears nothing`), isFault: true });
  }
  return moves;
}
