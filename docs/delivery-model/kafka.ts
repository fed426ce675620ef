/** Kafka's coordinators: they decide transactions, write their ends, and show offsets some time after that. */
import type { Mix } from './rules.js';
import {
  type Commit,
  type Kafka,
  type Move,
  name,
  type Offsets,
  show,
  type State,
  withKafka,
  withOwner,
} from './state.js';
import { transactionFault } from './invariants.js';

export function kafkaMoves(mix: Mix, state: State): readonly Move[] {
  return [...decide(mix, state), ...complete(state), ...reveal(mix, state)];
}

/** Commits offsets in one step; fetches show them later. */
export function commit(kafka: Kafka, made: Commit): Kafka {
  return { ...kafka, committed: merge(kafka.committed, made), pending: [...kafka.pending, made] };
}

function decide(mix: Mix, state: State): readonly Move[] {
  const { transaction } = state.kafka;
  if (transaction?.phase !== 'open' || !transaction.isAsked) return [];
  const { by, from, batch } = transaction;
  const label = `the coordinator commits ${name(by)}'s batch ${show(from)} -> ${show(batch.to)}`;
  const broken = transactionFault(mix, state, transaction);
  if (broken) return [{ label, isFault: false, next: state, broken }];
  const decided = withKafka(state, {
    ...commit(state.kafka, batch.to),
    transaction: { ...transaction, phase: 'decided' },
  });
  const owner = state.owners[by];
  const next = owner.phase === 'committing' ? withOwner(decided, by, { ...owner, isAnswered: true }) : decided;
  return [{ label, isFault: false, next }];
}

function complete(state: State): readonly Move[] {
  if (state.kafka.transaction?.phase !== 'decided') return [];
  return [{ label: 'its end is written', isFault: false, next: withKafka(state, { transaction: undefined }) }];
}

/** In the order of the transactions; within one, in any order where fetches may be torn. */
function reveal(mix: Mix, state: State): readonly Move[] {
  const { pending, visible, transaction } = state.kafka;
  const [shown, ...rest] = pending;
  // What was decided last shows only after its end is written.
  if (!shown || (transaction?.phase === 'decided' && rest.length === 0)) return [];
  return parts(mix, shown).map(([part, left]) => {
    const now = merge(visible, part);
    const next = withKafka(state, { visible: now, pending: left ? [left, ...rest] : rest });
    return { label: `fetches of offsets show ${show(now.position)}${left ? ', torn' : ''}`, isFault: false, next };
  });
}

/** Each what shows now, and what is left to be shown. */
function parts(mix: Mix, shown: Commit): readonly (readonly [Commit, Commit | undefined])[] {
  const keys = (['i', 'p', 'sentinel'] as const).filter((key) => shown[key] !== undefined);
  if (!mix.torn || keys.length === 1) return [[shown, undefined]];
  return keys.map((key) => {
    const { [key]: now, ...left } = shown;
    return [{ [key]: now }, left];
  });
}

function merge({ position, sentinel }: Offsets, made: Commit): Offsets {
  return {
    position: { i: made.i ?? position.i, p: made.p ?? position.p },
    sentinel: made.sentinel ?? sentinel,
  };
}
