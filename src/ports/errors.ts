/**
 * Errors that decide what a task does next. Whatever else is thrown is a fault of ours or of the machine and ends the
 * process.
 */

/** Another owner took the task, or this one's claim does not hold: the whole take-over runs again. */
export class OwnershipLost extends Error {
  override readonly name = 'OwnershipLost';
}

/** Whether the operation happened is unknown: treated as lost ownership, never retried in place. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
}

/** It may work later: the task pauses, with bounded backoff, and the others go on. */
export class Unavailable extends Error {
  override readonly name: string = 'Unavailable';
}

/** More is asked for than can be done: refused at once, so that what is under way is not held up. */
export class Overloaded extends Unavailable {
  override readonly name: string = 'Overloaded';
}

/** There is no such topic: make it first. */
export class TopicMissing extends Error {
  override readonly name = 'TopicMissing';
  constructor(readonly topic: string) {
    super(`topic "${topic}" does not exist: make it first`);
  }
}

/** What is there is not what the service needs: whoever runs it sets it right, and starts it again. */
export class StartRefused extends Error {
  override readonly name: string = 'StartRefused';
}

/** Why a task stopped for good; each has an entry in docs/operations.md. */
export type StopReason =
  | 'history-gone'
  | 'inputs-deleted'
  | 'marker-beyond-log'
  | 'marker-without-offset'
  | 'partitions-changed'
  | 'settings-changed'
  | 'state-unreadable'
  | 'store-may-evict';

/** The task cannot go on without a person. */
export class TaskStopped extends Error {
  override readonly name = 'TaskStopped';
  constructor(
    readonly reason: StopReason,
    message: string,
  ) {
    super(message);
  }
}
