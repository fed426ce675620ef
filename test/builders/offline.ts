/** Offline contexts for tests: a real embedded log in a temporary folder. */
import { onTestFinished } from 'vitest';
import type { OfflineContext } from '../../offline/context.js';
import { Interrupted } from '../../src/terminal/user-error.js';
import { SqliteLog } from '../../src/adapters/embedded/sqlite-log.js';
import { loadConfig } from '../../src/config.js';
import { createCodec } from '../../src/events/codec.js';
import { SINGLE_OBJECT } from '../../src/events/wire-format.js';
import type { CatalogueItem, Interaction, ProfileEvent } from '../../src/events/events.js';
import type { LogRecord } from '../../src/ports/log.js';
import { temporaryFolder } from './folder.js';

export interface TestContext extends OfflineContext {
  /** What was printed. */
  readonly lines: string[];
}

/** @param log what to do before each append: an interruption, an error */
export function offlineContext(log: { beforeAppend?: (interrupt: () => void) => void } = {}): TestContext {
  const dir = temporaryFolder();
  const controller = new AbortController();
  const opened = SqliteLog.open(dir, { durability: 'process' });
  onTestFinished(() => opened.close());
  const { beforeAppend } = log;
  if (beforeAppend !== undefined) {
    const append = opened.append.bind(opened);
    opened.append = (...args) => {
      beforeAppend(() => {
        controller.abort(new Interrupted());
      });
      return append(...args);
    };
  }
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);
  return { dir, log: opened, wire: SINGLE_OBJECT, config: loadConfig({}), signal: controller.signal, print, lines };
}

/** The same log and folder, without the interruption. */
export function resumed(context: TestContext): TestContext {
  return { ...context, signal: new AbortController().signal };
}

/** All records of a topic, partition after partition. */
export async function allRecords({ log }: OfflineContext, topic: string): Promise<LogRecord[]> {
  const extents = await log.extents(topic);
  const parts = await Promise.all(extents.map(({ first, end }, p) => log.read(topic, p, first, end - first)));
  return parts.flatMap((part) => [...part.records]);
}

export interface Happening {
  readonly interactions?: readonly Interaction[];
  readonly profiles?: readonly ProfileEvent[];
  readonly items?: readonly CatalogueItem[];
  /** Item ids whose tombstones follow the items. */
  readonly withdrawn?: readonly string[];
}

/** Appends events as a producer would; the record's timestamp is when the event occurred. */
export async function appendEvents({ log, config }: OfflineContext, happening: Happening): Promise<void> {
  const { interactions, profiles, catalogue } = config.topics;
  for (const topic of [interactions, profiles, catalogue]) await log.ensureTopic(topic, config.partitions);
  const [interaction, profile, item] = [
    createCodec('interaction'),
    createCodec('profile-event'),
    createCodec('catalogue-item'),
  ];
  await log.append([
    ...(happening.items ?? []).map((value) => ({
      topic: catalogue,
      key: Buffer.from(value.itemId),
      value: item.encode(value),
    })),
    ...(happening.withdrawn ?? []).map((id) => ({ topic: catalogue, key: Buffer.from(id), value: null })),
    ...(happening.interactions ?? []).map((event) => ({
      topic: interactions,
      key: Buffer.from(event.userId),
      value: interaction.encode(event),
      timestamp: event.occurredAt,
    })),
    ...(happening.profiles ?? []).map((event) => ({
      topic: profiles,
      key: Buffer.from(event.userId),
      value: profile.encode(event),
      timestamp: event.occurredAt,
    })),
  ]);
}
