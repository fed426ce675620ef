/**
 * Names of keys. All keys of a task share one hash tag, `{namespace:partition}`, so that in a Cluster they lie in one
 * slot, on one node, within reach of one script:
 *
 *   {n}:layout    string   the layout that the states were made under, as text
 *   {n:p}:task    hash     token, marker ("interactions:profiles"), layout (this task's own copy)
 *   {n:p}:due     zset     user -> when its gains next end, ms
 *   {n:p}:u:USER  string   the user's state, as src/state/state-codec.ts writes it
 */
import { TaskStopped } from '../../ports/errors.js';
import type { Position, Task } from '../../ports/log.js';

export const FIELDS = { token: 'token', marker: 'marker', layout: 'layout' } as const;

export class Keys {
  /** @throws Error when the namespace cannot stand in a hash tag */
  constructor(private readonly namespace: string) {
    if (!/^[^{}\s]+$/.test(namespace)) {
      throw new Error(`the Redis namespace "${namespace}" must not be empty or hold braces or spaces`);
    }
  }

  get layout(): string {
    return `{${this.namespace}}:layout`;
  }

  task(task: Task): string {
    return `${this.#tag(task)}:task`;
  }

  due(task: Task): string {
    return `${this.#tag(task)}:due`;
  }

  user(task: Task, userId: string): string {
    return `${this.#tag(task)}:u:${userId}`;
  }

  #tag(task: Task): string {
    return `{${this.namespace}:${task.partition}}`;
  }
}

export function markerText({ interactions, profiles }: Position): string {
  return `${interactions}:${profiles}`;
}

/** @throws TaskStopped when it is no marker */
export function parseMarker(text: string): Position {
  const [, interactions, profiles] = /^(\d+):(\d+)$/.exec(text) ?? [];
  if (interactions === undefined || profiles === undefined) {
    throw new TaskStopped('state-unreadable', `"${text}" is no marker: who wrote it?`);
  }
  return { interactions: Number(interactions), profiles: Number(profiles) };
}
