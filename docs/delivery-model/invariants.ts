/** What must hold in every state, of every transaction, and of every stop. */
import { applied, foldOf, foldOfAll, usersIn } from './fold.js';
import type { Mix } from './rules.js';
import {
  type Broken,
  type List,
  type Position,
  same,
  show,
  type State,
  TOPICS,
  type Topic,
  type Transaction,
  whole,
} from './state.js';
import { markerOf } from './store.js';

/** The store is never ahead of what is committed, and it is the fold up to its marker. */
export function storeFault(mix: Mix, { slot, kafka }: State): Broken | undefined {
  if (!slot) return undefined;
  const { marker, states } = slot;
  const committed = whole(kafka.committed);
  if (committed && (marker.i > committed.i || marker.p > committed.p)) {
    return { kind: 'store-ahead', text: `the store is at ${show(marker)}, committed is ${show(committed)}` };
  }
  if (states.join() === foldOfAll(mix, marker).join()) return undefined;
  return { kind: 'store-not-fold', text: `the states at ${show(marker)} are ${states.join(' ')}` };
}

/** A transaction starts where the last one ended and holds exactly the lists owed, each made from the right state. */
export function transactionFault(mix: Mix, state: State, { from, batch }: Transaction): Broken | undefined {
  const owedFrom = whole(state.kafka.committed) ?? state.begun;
  if (!owedFrom || !same(owedFrom, from)) {
    const text = `a transaction starts at ${show(from)}, but ${owedFrom ? show(owedFrom) : 'nothing'} is committed`;
    return { kind: 'position', text };
  }
  const { to, lists } = batch;
  const owed = owedSources(mix, from, to).sort().join(' ');
  const made = lists.map(sourceOf).sort().join(' ');
  if (owed !== made) {
    return { kind: 'lists', text: `${show(from)} -> ${show(to)} owes lists for ${owed}, and has ${made || 'none'}` };
  }
  const wrong = lists.find((list) => !isRight(mix, list, from, to));
  return wrong && { kind: 'content', text: `the list of ${sourceOf(wrong)} is made from ${wrong.state}` };
}

/** A start is fixed once: a later one would skip inputs whose lists are owed. */
export function startFault({ kafka }: State, start: Position): Broken | undefined {
  const committed = whole(kafka.committed);
  if (!committed || same(committed, start)) return undefined;
  return { kind: 'position', text: `a start at ${show(start)} replaces the committed ${show(committed)}` };
}

/** A task stops for records that are gone, never by mistake. */
export function stopFault({ slot, kafka }: State, reason: 'gone' | 'unread' | 'marker-beyond-log'): Broken | undefined {
  const { first, committed } = kafka;
  const marker = markerOf(slot).i;
  const needed = committed.position.i ?? 0;
  if (reason === 'unread' && first > needed) return undefined;
  if (reason === 'gone' && first > marker && marker < needed) return undefined;
  return { kind: 'false-stop', text: `i begins at ${first}, ${needed} is committed, the states reflect ${marker}` };
}

/** Nothing is left to do, and the store is where the log is. */
export function isQuiet(mix: Mix, { kafka, slot, begun }: State): boolean {
  const { committed, visible, pending, transaction, end } = kafka;
  const position = whole(committed) ?? begun;
  if (transaction || pending.length > 0 || !slot || !position) return false;
  if (!same(position, { i: end, p: mix.profiles.length }) || !same(slot.marker, position)) return false;
  return visible.sentinel === committed.sentinel && slot.states.join() === foldOfAll(mix, position).join();
}

const sourceOf = ({ topic, offset }: Pick<List, 'topic' | 'offset'>): string => `${topic}#${offset}`;

function owedSources(mix: Mix, from: Position, to: Position): string[] {
  const inputs = TOPICS.flatMap((topic) =>
    usersIn(mix, topic)
      .map((user, offset) => ({ topic, offset, user }))
      .slice(from[topic], to[topic]),
  );
  const last = new Map(inputs.map((input) => [input.user, input]));
  const owed = mix.emit === 'every-event' ? inputs : [...last.values()];
  return owed.map(sourceOf);
}

/** The topic of its source is exactly there; the other one somewhere in the batch, or at its end for a user's last. */
function isRight(mix: Mix, { topic, offset, user, state }: List, from: Position, to: Position): boolean {
  if (mix.emit === 'latest-per-batch') return state === foldOf(mix, user, to);
  const [i, p] = state.split('|');
  const own = topic === 'i' ? i : p;
  const crossed = topic === 'i' ? p : i;
  const other: Topic = topic === 'i' ? 'p' : 'i';
  if (own !== applied(mix, topic, user, offset + 1)) return false;
  for (let at = from[other]; at <= to[other]; at += 1) if (crossed === applied(mix, other, user, at)) return true;
  return false;
}
