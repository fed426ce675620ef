/** The state store: one slot, each call one atomic step. */
import { emptyStates } from './fold.js';
import type { Mix, Rules } from './rules.js';
import { type Position, same, type Slot, START, type State, type StoreCall } from './state.js';

export function markerOf(slot: Slot | undefined): Position {
  return slot?.marker ?? START;
}

export function statesOf(mix: Mix, slot: Slot | undefined): readonly string[] {
  return slot?.states ?? emptyStates(mix);
}

/** Whether a read with this token, and at this marker where one is given, is refused. */
export function refuses(slot: Slot | undefined, token: number, at?: Position): boolean {
  return slot?.token !== token || (at !== undefined && !same(slot.marker, at));
}

/** Undefined: refused. */
export function call(mix: Mix, rules: Rules, state: State, made: StoreCall): State | undefined {
  const { slot } = state;
  if (made.kind === 'claim') {
    return withSlot(mix, state, { token: made.token, marker: markerOf(slot), states: statesOf(mix, slot) });
  }
  if (refuses(slot, made.token, rules.compareAndSetMarker ? made.from : undefined)) return undefined;
  const states = [...statesOf(mix, slot)];
  for (const [user, written] of made.touched) states[user] = written;
  return withSlot(mix, state, { token: made.token, marker: made.to, states });
}

/** What the slot was matters only while a failover can bring it back. */
function withSlot(mix: Mix, state: State, slot: Slot): State {
  const before = state.slot;
  const isOfUse = state.left.failover > 0 && mix.comesBack === 'anything-earlier';
  if (!before || !isOfUse || state.past.some((past) => sameSlot(past, before))) return { ...state, slot };
  return { ...state, slot, past: [...state.past, before] };
}

export function sameSlot(a: Slot | undefined, b: Slot | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.token === b.token && same(a.marker, b.marker) && a.states.join() === b.states.join();
}
