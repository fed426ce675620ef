/** Answers of the scripts (scripts.ts): a list of what happened, and what was asked for. */
import type { Task } from '../../ports/log.js';
import type { Expiry, Fenced } from '../../ports/state-store.js';
import { storedState } from '../../ports/stored-state.js';
import type { UserState } from '../../state/user-state.js';

export type ClaimAnswer =
  | { readonly refused: 'policy'; readonly policy: string }
  | { readonly refused: 'layout'; readonly layout: string }
  | { readonly refused: undefined; readonly policy: string; readonly layout: string | undefined };

/** The value of an answer that was not refused. */
export function fenced<T>(answer: unknown, value: (rest: readonly unknown[]) => T): Fenced<T> {
  const [verdict, ...rest] = listOf(answer);
  switch (String(verdict)) {
    case 'ok':
      return { ok: true, value: value(rest) };
    case 'token':
      return { ok: false, refused: 'token' };
    case 'marker':
      return { ok: false, refused: 'marker' };
    default:
      throw unexpected(verdict);
  }
}

export function claimOf(answer: unknown): ClaimAnswer {
  const [verdict, first, second] = listOf(answer);
  if (verdict === 'policy') return { refused: 'policy', policy: String(first) };
  if (verdict === 'layout') return { refused: 'layout', layout: String(first) };
  if (verdict !== 'ok') throw unexpected(verdict);
  return { refused: undefined, policy: String(first), layout: typeof second === 'string' ? second : undefined };
}

/** States in the order of the users, in pieces; null for users without one. @throws TaskStopped */
export function statesOf(
  task: Task,
  users: readonly string[],
  pieces: readonly unknown[],
): ReadonlyMap<string, UserState> {
  const values = pieces.flatMap(listOf);
  if (values.length !== users.length) throw unexpected(`${values.length} states for ${users.length} users`);
  const states = new Map<string, UserState>();
  for (const [i, user] of users.entries()) {
    const bytes = values[i];
    if (Buffer.isBuffer(bytes)) states.set(user, storedState(bytes, task, user));
  }
  return states;
}

/** (user, time) one after the other. */
export function dueOf(answer: unknown): readonly Expiry[] {
  const list = listOf(answer);
  return Array.from({ length: list.length / 2 }, (_, i) => ({
    userId: String(list[2 * i]),
    at: Number(list[2 * i + 1]),
  }));
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw unexpected(value);
  return value;
}

function unexpected(answer: unknown): Error {
  return new Error(`Redis answered a script with ${String(answer)}: do two versions of Steerstream share its keys?`);
}
