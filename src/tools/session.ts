/** What the commands for whoever runs the service work with: the service's own configuration, and what it names. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoints, openLog, openStore, openTopicAdmin, openWire } from '../adapters/open.js';
import { RegistryRefused } from '../adapters/registry/refused.js';
import { type Config, ConfigError, loadConfig } from '../config.js';
import type { WireFormat } from '../events/wire-format.js';
import { createLogger, type Logger } from '../ops/logger.js';
import { OutcomeUnknown, OwnershipLost, TaskStopped, TopicMissing, Unavailable } from '../ports/errors.js';
import type { CheckpointStore } from '../ports/checkpoint-store.js';
import type { Log } from '../ports/log.js';
import type { StateStore } from '../ports/state-store.js';
import { type TopicAdmin, TopicRefused } from '../ports/topic-admin.js';
import type { Terminal } from '../terminal/program.js';
import { UserError } from '../terminal/user-error.js';
import { embeddedTopics } from './topics/embedded-topics.js';

export interface ToolSession {
  readonly config: Config;
  /** Aborted when the user interrupts. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** Prints one line of result. */
  readonly print: (line: string) => void;
  /** Opened when first asked for, closed at the end. A log or store that is not there is made, or a UserError. */
  readonly log: (which?: 'make' | 'present') => Promise<Log>;
  readonly store: (which?: 'make' | 'present') => Promise<StateStore>;
  readonly admin: () => Promise<TopicAdmin>;
  readonly wire: () => Promise<WireFormat>;
  readonly checkpoints: () => Promise<CheckpointStore>;
}

/** Runs the work, and closes what it opened. */
export async function inSession(terminal: Terminal, work: (session: ToolSession) => Promise<void>): Promise<void> {
  const config = loadConfig(terminal.env);
  const logger = createLogger('error', (line) => terminal.err(`${line}\n`));
  const opened: Promise<{ close(): Promise<void> }>[] = [];
  const once = <T extends { close(): Promise<void> }>(open: () => Promise<T>): (() => Promise<T>) => {
    let made: Promise<T> | undefined;
    return () => {
      if (!made) opened.push((made = open()));
      return made;
    };
  };
  const log = once(() => openLog(config, logger));
  const store = once(() => readable(() => openStore(config, logger)));
  const admin = once(async () => (await openTopicAdmin(config, logger)) ?? embeddedTopics(await log()));
  try {
    await work({
      config,
      logger,
      signal: terminal.signal,
      print: (line) => terminal.out(`${line}\n`),
      log: async (which = 'present') => {
        if (which === 'present' && config.log === 'embedded') requireFile(config.dir, 'log');
        return log();
      },
      store: async (which = 'present') => {
        if (which === 'present' && config.store === 'embedded') requireFile(config.dir, 'state');
        return store();
      },
      admin,
      wire: () => openWire(config),
      checkpoints: () => openCheckpoints(config.checkpoints.place),
    });
  } finally {
    for (const one of (await Promise.allSettled(opened)).toReversed()) {
      if (one.status === 'fulfilled') await one.value.close();
    }
  }
}

/** What the user can set right, or has to wait for. */
export function isMistake(error: unknown): boolean {
  return [
    ConfigError,
    RegistryRefused,
    TopicMissing,
    TopicRefused,
    Unavailable,
    OutcomeUnknown,
    OwnershipLost,
    TaskStopped,
  ].some((kind) => error instanceof kind);
}

function requireFile(dir: string, kind: 'log' | 'state'): void {
  if (existsSync(join(dir, `${kind}.sqlite`))) return;
  throw new UserError(
    `no ${kind === 'log' ? 'log' : 'states'} in ${dir}: name the service's folder by STEERSTREAM_DIR, or its servers by ` +
      (kind === 'log'
        ? 'STEERSTREAM_LOG and STEERSTREAM_KAFKA_BROKERS'
        : 'STEERSTREAM_STORE and STEERSTREAM_REDIS_URL'),
  );
}

/** An address that cannot be right is the user's. */
async function readable<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof ConfigError) throw new UserError(error.problems.join('; '));
    throw error instanceof Error ? new UserError(error.message) : error;
  }
}
