/** Every move that a state allows: faults of the world, the coordinators, late calls, and the owners. */
import { awaitCommit, commitBatch, run, store } from './batch.js';
import { heal, writeChunk } from './heal.js';
import { kafkaMoves } from './kafka.js';
import { drop, ended, go, type Step } from './owner.js';
import type { Mix, Rules } from './rules.js';
import { type Move, name, show, spend, type State, WHO, type Who, withKafka } from './state.js';
import { call, sameSlot } from './store.js';
import { claim, fence, readMarker, settle, settleStart } from './take-over.js';

export function movesOf(mix: Mix, rules: Rules, state: State): readonly Move[] {
  return [
    ...faults(state),
    ...kafkaMoves(mix, state),
    ...WHO.flatMap((who) => [...lateCall(mix, rules, state, who), ...ownerMoves(mix, rules, state, who)]),
  ];
}

function faults(state: State): readonly Move[] {
  const { left, kafka, assigned, slot, past } = state;
  const moves: Move[] = [];
  const fault = (label: string, next: State): void => {
    moves.push({ label, isFault: true, next });
  };
  if (left.rebalance > 0) {
    const other: Who = assigned === 0 ? 1 : 0;
    fault(`the group gives the task to ${name(other)}`, { ...spend(state, 'rebalance'), assigned: other });
  }
  if (left.failover > 0) {
    for (const back of [undefined, ...past]) {
      if (sameSlot(back, slot)) continue;
      const label = `the store fails over to ${back ? `its state at ${show(back.marker)}` : 'nothing'}`;
      fault(label, { ...spend(state, 'failover'), slot: back, past: [] });
    }
  }
  if (left.retention > 0 && kafka.first < kafka.end) {
    fault(`i#${kafka.first} is deleted`, withKafka(spend(state, 'retention'), { first: kafka.first + 1 }));
  }
  if (left.append > 0) fault(`i#${kafka.end} is appended`, withKafka(spend(state, 'append'), { end: kafka.end + 1 }));
  return moves;
}

function lateCall(mix: Mix, rules: Rules, state: State, who: Who): readonly Move[] {
  const made = state.late[who];
  if (!made) return [];
  const late: State['late'] = who === 0 ? [undefined, state.late[1]] : [state.late[0], undefined];
  const done = call(mix, rules, state, made);
  const what = made.kind === 'claim' ? 'token' : `write ${show(made.from)} -> ${show(made.to)}`;
  const label = `a late ${what} of ${name(who)} arrives${done ? '' : ' and is refused'}`;
  return [{ label, isFault: false, next: { ...(done ?? state), late } }];
}

function ownerMoves(mix: Mix, rules: Rules, state: State, who: Who): readonly Move[] {
  const step: Step = { mix, rules, state, who, owner: state.owners[who] };
  return [...crashes(step), ...hearsOfRevocation(step), ...works(step)];
}

function works(step: Step): readonly Move[] {
  const { rules, state, who, owner } = step;
  const { phase, position, marker } = owner;
  switch (phase) {
    case 'ended':
      return state.assigned === who ? [beginning(step)] : [];
    case 'waiting':
      return state.assigned === who || !rules.heartbeatGate ? [beginning(step)] : [];
    case 'taking-over':
      return fence(step);
    case 'fencing':
      return settleStart(step);
    case 'fenced':
      return claim(step);
    case 'claimed':
      return settle(step);
    case 'settled':
      return position ? readMarker(step, position) : [];
    case 'healing':
      return position && marker ? heal(step, position, marker) : [];
    case 'heal-read':
      return marker ? writeChunk(step, marker) : [];
    case 'running':
      return position ? run(step, position) : [];
    case 'reduced':
      return position ? commitBatch(step, position) : [];
    case 'committing':
      return awaitCommit(step);
    case 'committed':
      return position ? store(step, position) : [];
    case 'stopped':
      return [];
  }
}

/** The gate: between it and the fence, the group may think again. */
function beginning(step: Step): Move {
  const { rules, state, owner } = step;
  if (rules.fenceFirst) return go(step, 'had a heartbeat, takes over', { ...owner, phase: 'taking-over' });
  const { i, p } = state.kafka.visible.position;
  const position = i === undefined || p === undefined ? undefined : { i, p };
  return go(step, `had a heartbeat, reads committed ${show({ i, p })}`, { ...owner, phase: 'taking-over', position });
}

/** A batch in flight and a take-over are finished first; without the gate, what waits must hear of it too. */
function hearsOfRevocation(step: Step): readonly Move[] {
  const { state, who, owner } = step;
  if (state.assigned === who || !['waiting', 'healing', 'running', 'stopped'].includes(owner.phase)) return [];
  return [go(step, 'hears that the task is no longer its own', ended(step, 'ended'))];
}

function crashes(step: Step): readonly Move[] {
  const { state, who, owner } = step;
  if (state.left.crash === 0 || owner.phase === 'ended' || owner.phase === 'waiting') return [];
  const spent = { ...step, state: spend(state, 'crash'), owner: { ...owner, hot: [] } };
  const crash: Move = { ...drop(spent, 'crashes'), label: `${name(who)} crashes`, isFault: true };
  const { transaction } = state.kafka;
  if (transaction?.by !== who || transaction.phase !== 'open' || !transaction.isAsked) return [crash];
  const lost = withKafka(crash.next, { transaction: { ...transaction, isAsked: false } });
  return [crash, { ...crash, label: `${name(who)} crashes, and its commit never arrives`, next: lost }];
}
