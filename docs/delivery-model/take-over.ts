/** Take-over, as src/stream/take-over.ts and the adapters behind it do it. */
import { startFault } from './invariants.js';
import { commit } from './kafka.js';
import { type Step, doubtful, drop, go, stop, stopAsOwner } from './owner.js';
import {
  type Commit,
  type Move,
  type Offsets,
  type Owner,
  type Position,
  show,
  type State,
  whole,
  withKafka,
} from './state.js';
import { markerOf, refuses } from './store.js';

/** Two owners could fence each other for ever before anything shows: the search would not end. */
const MOST_PENDING = 2;

/** The first transaction of a new producer aborts what is open, fences everybody else, and commits the sentinel. */
export function fence(step: Step): readonly Move[] {
  const { mix, rules, state, owner } = step;
  const { transaction, pending, visible, end } = state.kafka;
  // Kafka answers CONCURRENT_TRANSACTIONS until the end of what was decided is written.
  if (transaction?.phase === 'decided' || pending.length > MOST_PENDING) return [];
  const [a, b] = state.owners;
  const kafka = { ...state.kafka, transaction: undefined };
  const owners: State['owners'] = [
    { ...a, isCurrent: false },
    { ...b, isCurrent: false },
  ];
  const fenced = { ...step, state: { ...state, kafka, owners } };
  const sentinel = fresh(state);
  const next: Owner = { ...owner, phase: 'fencing', isCurrent: true, sentinel };
  if (rules.startFromSettled || whole(visible))
    return [commits(fenced, 'fences, commits its sentinel', { sentinel }, next)];
  return [commitsStart(fenced, 'fences, commits its sentinel and', { i: end, p: mix.profiles.length }, next)];
}

/** Waits for the sentinel to show, and fixes a start that is missing then by a second transaction with a second one. */
export function settleStart(step: Step): readonly Move[] {
  const { mix, rules, state, owner } = step;
  const { visible, end } = state.kafka;
  const isShown = visible.sentinel === owner.sentinel;
  if (rules.sentinelSettling && !isShown) return owner.isCurrent ? [] : [drop(step, 'waits in vain for its sentinel')];
  if (whole(visible) || !rules.startCommitted) return [go(step, 'sees its sentinel', { ...owner, phase: 'fenced' })];
  if (owner.sentinel < 0)
    return rules.startShownWhole ? [] : [go(step, 'sees its sentinel', { ...owner, phase: 'fenced' })];
  if (!owner.isCurrent) return [drop(step, 'is fenced while it commits the start')];
  return [commitsStart(step, 'commits', { i: end, p: mix.profiles.length }, { ...owner, sentinel: -owner.sentinel })];
}

export function claim(step: Step): readonly Move[] {
  const { rules, state, owner } = step;
  const token = rules.randomToken ? Math.abs(owner.sentinel) : (state.slot?.token ?? 0) + 1;
  return doubtful(step, 'writes its token', { kind: 'claim', token }, { ...owner, phase: 'claimed', token });
}

/** ONE fetch must show the sentinel: only then do both committed offsets count. */
export function settle(step: Step): readonly Move[] {
  const { mix, rules, state, owner } = step;
  const { visible, end } = state.kafka;
  if (!rules.fenceFirst) return [go(step, 'goes by what it read before', { ...owner, phase: 'settled' })];
  if (rules.sentinelSettling && !isOwn(visible, owner.sentinel)) return [drop(step, 'sees the sentinel of another')];
  const start = rules.startCommitted ? undefined : { i: end, p: mix.profiles.length };
  const position = whole(visible) ?? start;
  if (position) return [go(step, `reads committed ${show(position)}`, { ...owner, phase: 'settled', position })];
  return [{ ...drop(step, 'finds no offsets'), broken: { kind: 'false-stop', text: 'its start is not to be seen' } }];
}

/** Reads the marker with its token. A store ahead of the log would be another log's. */
export function readMarker(step: Step, position: Position): readonly Move[] {
  const { rules, state, owner } = step;
  if (refuses(state.slot, owner.token)) return [drop(step, 'is refused the marker')];
  const marker = markerOf(state.slot);
  if (marker.i > position.i || marker.p > position.p) {
    return [stop(step, `the marker ${show(marker)} is ahead of ${show(position)}`, 'marker-beyond-log')];
  }
  if (!rules.retentionAfterChunk && marker.i < position.i && marker.i < state.kafka.first) {
    return [stopAsOwner(step, 'history is gone', 'gone', marker)];
  }
  return [go(step, `reads the marker ${show(marker)}`, { ...owner, phase: 'healing', marker })];
}

function commits(step: Step, label: string, made: Commit, next: Owner): Move {
  return go({ ...step, state: withKafka(step.state, commit(step.state.kafka, made)) }, label, next);
}

function commitsStart(step: Step, label: string, start: Position, next: Owner): Move {
  const move = commits(step, `${label} the start ${show(start)}`, { ...start, sentinel: next.sentinel }, next);
  const broken = startFault(step.state, start);
  return broken ? { ...move, broken } : move;
}

function isOwn({ sentinel }: Offsets, own: number): boolean {
  return Math.abs(sentinel) === Math.abs(own);
}

/** A token that was never used. */
function fresh({ slot, past, owners, late, kafka }: State): number {
  const used = [
    slot?.token,
    ...past.map(({ token }) => token),
    ...owners.flatMap(({ token, sentinel }) => [token, sentinel]),
    ...late.map((call) => call?.token),
    ...[kafka.committed, kafka.visible, ...kafka.pending].map(({ sentinel }) => sentinel),
  ];
  return 1 + Math.max(...used.map((token) => Math.abs(token ?? 0)));
}
