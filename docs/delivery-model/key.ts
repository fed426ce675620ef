/** A canonical text of a state: tokens are named by the order in which they are met, since only their identity counts. */
import type { Rules } from './rules.js';
import type { Batch, Offsets, Owner, Position, Slot, State, StoreCall, Transaction } from './state.js';

export function keyOf(rules: Rules, state: State): string {
  const names = new Map<number, number>([[0, 0]]);
  const sentinel = (token: number): number => {
    const id = Math.abs(token);
    const name = names.get(id) ?? names.size;
    names.set(id, name);
    return token < 0 ? -name : name;
  };
  // Counted ones can be the same for two owners: their values matter.
  const token = rules.randomToken ? sentinel : (counted: number) => counted;

  const at = (position: { i: number | undefined; p: number | undefined } | undefined): string =>
    position ? `${position.i ?? '-'}${position.p ?? '-'}` : '-';
  const slot = (of: Slot | undefined): string => (of ? `${token(of.token)}@${at(of.marker)}${of.states.join()}` : '-');
  const offsets = (of: Offsets): string => `${at(of.position)}${sentinel(of.sentinel)}`;
  const owner = (of: Owner): string =>
    `${phase(rules, of)}${of.isCurrent ? '!' : ''}${token(of.token)},${sentinel(of.sentinel)},${at(of.position)},${at(of.marker)}` +
    `${batch(of.batch)}${of.isAnswered ? '?' : ''}h${of.hot.join()}` +
    (of.unwritten ? `u${at(of.unwritten.from)}${of.unwritten.touched.join()}` : '');
  const late = (made: StoreCall | undefined): string => {
    if (!made) return '-';
    if (made.kind === 'claim') return `c${token(made.token)}`;
    return `w${token(made.token)}${at(made.from)}${at(made.to)}${made.touched.join()}`;
  };

  const { left, kafka, past } = state;
  return [
    state.assigned,
    `${left.crash}${left.failover}${left.rebalance}${left.doubt}${left.abort}${left.retention}${left.append}${left.lag}`,
    owner(state.owners[0]),
    owner(state.owners[1]),
    transaction(kafka.transaction),
    offsets(kafka.committed),
    offsets(kafka.visible),
    kafka.pending.map(({ i, p, sentinel: of }) => `${at({ i, p })}${of === undefined ? '' : sentinel(of)}`).join(),
    `${kafka.first}${kafka.end}`,
    late(state.late[0]),
    late(state.late[1]),
    slot(state.slot),
    inOrder(past, names).map(slot).join(),
    at(state.begun),
  ].join(';');
}

const POSITION = ({ i, p }: Position): string => `${i}${p}`;

function batch(of: Batch | undefined): string {
  if (!of) return '';
  const lists = of.lists.map(({ topic, offset, state }) => `${topic}${offset}${state}`).join();
  return `[${POSITION(of.to)}${lists};${of.touched.join()}]`;
}

function transaction(of: Transaction | undefined): string {
  return of ? `${of.by}${of.phase}${of.isAsked ? '!' : ''}${POSITION(of.from)}${batch(of.batch)}` : '-';
}

/** With the gate, one that waits and one that has ended begin alike. */
function phase({ heartbeatGate }: Rules, { phase: of }: Owner): string {
  return heartbeatGate && of === 'waiting' ? 'ended' : of;
}

/** A set has no order: by content, then by names given already. */
function inOrder(past: readonly Slot[], names: ReadonlyMap<number, number>): readonly Slot[] {
  if (past.length < 2) return past;
  const rank = ({ token, marker, states }: Slot): string =>
    `${POSITION(marker)}${states.join()}${String(names.get(token) ?? 99).padStart(2, '0')}`;
  return [...past].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}
