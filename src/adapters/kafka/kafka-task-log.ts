/** A task's side of Kafka: one transactional id, a reader for each of its two partitions. */
import { setTimeout as sleep } from 'node:timers/promises';
import { OwnershipLost, TaskStopped, Unavailable } from '../../ports/errors.js';
import type { OutgoingRecord, Polled, Position, Start, Task, TaskLog, TaskTopics } from '../../ports/log.js';
import { merge } from '../../ports/merge.js';
import type { KafkaClient } from './client.js';
import { patiently, translated } from './errors.js';
import type { Cluster } from './internals.js';
import { extentsOf } from './metadata.js';
import { type CommittedOffsets, fetchCommitted, positionOffsets, sentinelOffset } from './offsets.js';
import { PartitionReader } from './partition-reader.js';
import { Transactions } from './transactions.js';

/** How long a sentinel may take to show, ms. */
const SETTLE_MS = 10_000;
const SETTLE_PAUSE = 10;

export interface Ownership {
  readonly group: string;
  readonly topics: TaskTopics;
  readonly task: Task;
  readonly token: string;
}

export class KafkaTaskLog implements TaskLog {
  readonly #readers: { readonly interactions: PartitionReader; readonly profiles: PartitionReader };

  private constructor(
    private readonly cluster: Cluster,
    private readonly transactions: Transactions,
    private readonly own: Ownership,
    private readonly onClose: (taskLog: KafkaTaskLog) => void,
  ) {
    const { topics, task } = own;
    this.#readers = {
      interactions: new PartitionReader(cluster, topics.interactions, task.partition),
      profiles: new PartitionReader(cluster, topics.profiles, task.partition),
    };
  }

  /**
   * Fences and commits the token as a sentinel. A position is found missing only by a fetch that shows the sentinel: an
   * earlier owner's first commit might not be visible before. It is fixed by a second transaction with a sentinel of its
   * own.
   */
  static async takeOver(
    client: KafkaClient,
    cluster: Cluster,
    own: Ownership,
    start: Start,
    onClose: (taskLog: KafkaTaskLog) => void,
  ): Promise<KafkaTaskLog> {
    const { group, task } = own;
    const transactions = await translated('connect', () =>
      Transactions.connect(client, `${group}.task-${task.partition}`),
    );
    const taskLog = new KafkaTaskLog(cluster, transactions, own, onClose);
    try {
      await transactions.run([], group, [sentinelOffset(group, task, own.token)]);
      await taskLog.#fixStart(await taskLog.#shown(own.token), start);
      return taskLog;
    } catch (error) {
      await taskLog.close();
      throw error;
    }
  }

  async settled(): Promise<Position> {
    const { interactions, profiles, token } = await this.#fetchCommitted();
    // It showed in takeOver already, so another one is a newer owner's.
    if (token !== this.own.token && token !== started(this.own.token)) {
      throw new OwnershipLost(`task ${this.own.task.partition} was taken over by another owner`);
    }
    if (interactions === undefined || profiles === undefined) {
      throw new Error(`a committed offset of task ${this.own.task.partition} vanished after its take-over`);
    }
    return { interactions, profiles };
  }

  async poll(from: Position, max: number, waitMs: number, signal: AbortSignal): Promise<Polled> {
    const { interactions, profiles } = this.#readers;
    const until = performance.now() + waitMs;
    return translated('read', async () => {
      for (;;) {
        await Promise.all([interactions.fill(from.interactions, max), profiles.fill(from.profiles, max)]);
        const polled = merge(from, interactions.stretch, profiles.stretch, max);
        const isOver = performance.now() >= until || signal.aborted;
        // So that the next poll need not ask the idle side before it uses what the busy one has.
        if (!isOver || polled.records.length > 0) for (const idle of [interactions, profiles]) idle.waitIfEmpty();
        if (isOver || polled.records.length > 0 || isGone(from, polled.first)) return polled;
        await raceWith(signal, until - performance.now(), [interactions.wait(), profiles.wait()]);
      }
    });
  }

  async commit(outputs: readonly OutgoingRecord[], to: Position): Promise<void> {
    const { group, topics, task } = this.own;
    await this.transactions.run(outputs, group, positionOffsets(topics, task, to));
  }

  async close(): Promise<void> {
    this.onClose(this);
    this.#readers.interactions.close();
    this.#readers.profiles.close();
    await this.transactions.close();
  }

  async #fixStart({ interactions, profiles }: CommittedOffsets, start: Start): Promise<void> {
    if (interactions !== undefined && profiles !== undefined) return;
    const { group, topics, task, token } = this.own;
    if (start === 'none') {
      throw new TaskStopped(
        'marker-without-offset',
        `there are states for partition ${task.partition}, but group "${group}" has no committed offset for ` +
          `"${interactions === undefined ? topics.interactions : topics.profiles}": was the group renamed, or did its ` +
          'offsets expire? Restore the offsets, or begin with an empty state store',
      );
    }
    const at = async (topic: string): Promise<number> => {
      const extent = (await patiently('look up offsets', () => extentsOf(this.cluster, topic)))[task.partition];
      if (!extent) throw new Error(`topic "${topic}" has no partition ${task.partition}`);
      return start === 'earliest' ? extent.first : extent.end;
    };
    const to = {
      interactions: interactions ?? (await at(topics.interactions)),
      profiles: profiles ?? (await at(topics.profiles)),
    };
    const again = started(token);
    await this.transactions.run([], group, [...positionOffsets(topics, task, to), sentinelOffset(group, task, again)]);
    await this.#shown(again, isWhole);
  }

  /** Offsets as of a fetch that shows the sentinel. */
  async #shown(
    token: string,
    isEnough: (committed: CommittedOffsets) => boolean = () => true,
  ): Promise<CommittedOffsets> {
    const until = performance.now() + SETTLE_MS;
    for (;;) {
      const committed = await this.#fetchCommitted();
      if (committed.token === token && isEnough(committed)) return committed;
      if (performance.now() > until) {
        throw new Unavailable(`the sentinel of task ${this.own.task.partition} does not show among its offsets`);
      }
      await sleep(SETTLE_PAUSE);
    }
  }

  #fetchCommitted(): Promise<CommittedOffsets> {
    const { group, topics, task } = this.own;
    return patiently('read committed offsets', () => fetchCommitted(this.cluster, group, topics, task));
  }
}

/** What was to be read next is no longer there: waiting does not bring it back. */
function isGone(from: Position, first: Position): boolean {
  return first.interactions > from.interactions || first.profiles > from.profiles;
}

/** A fetch may be torn: it may show the sentinel and not yet all that was committed with it. */
function isWhole({ interactions, profiles }: CommittedOffsets): boolean {
  return interactions !== undefined && profiles !== undefined;
}

/** The sentinel of the transaction that fixed the start. */
function started(token: string): string {
  return `${token}/started`;
}

/** Resolves with the first of the promises, after `ms`, or when the signal aborts. */
async function raceWith(signal: AbortSignal, ms: number, work: readonly Promise<void>[]): Promise<void> {
  const over = new AbortController();
  const timeout = sleep(Math.max(0, ms), undefined, { signal: AbortSignal.any([signal, over.signal]) });
  try {
    await Promise.race([...work, timeout.catch(() => undefined)]);
  } finally {
    over.abort();
  }
}
