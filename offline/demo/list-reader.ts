/** Follows the recommendations topic from where it ends now, as any consumer of it would. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RecommendationList } from '../../src/events/events.js';
import type { WireFormat } from '../../src/events/wire-format.js';
import type { Log } from '../../src/ports/log.js';

const RECORDS = 1_000;
const PAUSE_MS = 10;

export class ListReader {
  private constructor(
    readonly log: Log,
    readonly wire: WireFormat,
    readonly topic: string,
    private readonly offsets: number[],
  ) {}

  static async atEnd(log: Log, wire: WireFormat, topic: string): Promise<ListReader> {
    return new ListReader(
      log,
      wire,
      topic,
      (await log.extents(topic)).map(({ end }) => end),
    );
  }

  /** Lists as they come, until `wanted` says that it has seen enough. @throws the signal's reason */
  async until(wanted: (list: RecommendationList) => boolean, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      let isNew = false;
      for (const [partition, offset] of this.offsets.entries()) {
        const { records, next } = await this.log.read(this.topic, partition, offset, RECORDS);
        this.offsets[partition] = next;
        const decoder = (await this.wire.prepare(records))('recommendation-list');
        for (const { value } of records) {
          isNew = true;
          const decoded = decoder.decode(value ?? Buffer.alloc(0));
          if (!decoded.ok) throw new Error(`a list on ${this.topic} cannot be read: ${decoded.message}`);
          if (wanted(decoded.value)) return;
        }
      }
      if (!isNew) await sleep(PAUSE_MS, undefined, { signal });
    }
  }
}
