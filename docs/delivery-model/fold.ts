/** What the states should be: the pure fold of the log up to a position. */
import type { Mix } from './rules.js';
import type { Position, Topic } from './state.js';

export function usersIn(mix: Mix, topic: Topic): readonly number[] {
  return topic === 'i' ? mix.interactions : mix.profiles;
}

/** The offsets of one user in one topic, before an offset. */
export function applied(mix: Mix, topic: Topic, user: number, before: number): string {
  let offsets = '';
  usersIn(mix, topic).forEach((of, offset) => {
    if (of === user && offset < before) offsets += String(offset);
  });
  return offsets;
}

export function foldOf(mix: Mix, user: number, at: Position): string {
  return `${applied(mix, 'i', user, at.i)}|${applied(mix, 'p', user, at.p)}`;
}

/** By user. */
export function foldOfAll(mix: Mix, at: Position): readonly string[] {
  return emptyStates(mix).map((_, user) => foldOf(mix, user, at));
}

export function emptyStates(mix: Mix): readonly string[] {
  return Array.from({ length: Math.max(...mix.interactions, ...mix.profiles) + 1 }, () => '|');
}

/** The reducer: appends an offset to its part of a state; undefined for a repeat, which changes nothing. */
export function reduce(state: string, topic: Topic, offset: number): string | undefined {
  const [i = '', p = ''] = state.split('|');
  const digit = String(offset);
  if ((topic === 'i' ? i : p).includes(digit)) return undefined;
  return topic === 'i' ? `${i}${digit}|${p}` : `${i}|${p}${digit}`;
}
