/** A task's side of the embedded log: what its owner reads and commits while no newer owner fenced it. */
import type { OutgoingRecord, Polled, Position, TaskLog, TaskTopics } from '../../ports/log.js';
import type { Changes } from './changes.js';
import type { Database } from './database.js';
import type { Claim, Fences } from './fences.js';
import type { LogTables } from './log-tables.js';
import { merge } from '../../ports/merge.js';

export class SqliteTaskLog implements TaskLog {
  constructor(
    private readonly database: Database,
    private readonly tables: LogTables,
    private readonly fences: Fences,
    private readonly changes: Changes,
    private readonly topics: TaskTopics,
    private readonly claim: Claim,
  ) {}

  /** One transaction shows sentinel and offsets: nothing can be torn or stale here. */
  settled(): Promise<Position> {
    return this.database.read(() => {
      this.fences.check(this.claim);
      return {
        interactions: this.#committed(this.topics.interactions),
        profiles: this.#committed(this.topics.profiles),
      };
    });
  }

  async poll(from: Position, max: number, waitMs: number, signal: AbortSignal): Promise<Polled> {
    const until = performance.now() + waitMs;
    for (;;) {
      const polled = await this.#look(from, max);
      const left = until - performance.now();
      if (polled.records.length > 0 || left <= 0 || signal.aborted) return polled;
      await this.changes.wait(left, signal);
    }
  }

  async commit(outputs: readonly OutgoingRecord[], to: Position): Promise<void> {
    const { group, partition } = this.claim;
    await this.database.write(() => {
      this.fences.check(this.claim);
      this.tables.insert(outputs);
      this.tables.commit(group, this.topics.interactions, partition, to.interactions);
      this.tables.commit(group, this.topics.profiles, partition, to.profiles);
    });
    this.changes.notify();
  }

  /** Holds nothing of its own: the fence is what ends it. */
  async close(): Promise<void> {}

  #look(from: Position, max: number): Promise<Polled> {
    const { partition } = this.claim;
    return this.database.read(() =>
      merge(
        from,
        this.tables.read(this.topics.interactions, partition, from.interactions, max),
        this.tables.read(this.topics.profiles, partition, from.profiles, max),
        max,
      ),
    );
  }

  #committed(topic: string): number {
    const { group, partition } = this.claim;
    const next = this.tables.committed(group, topic, partition);
    if (next === undefined)
      throw new Error(`the committed offset of "${topic}" ${partition} vanished after a take-over`);
    return next;
  }
}
