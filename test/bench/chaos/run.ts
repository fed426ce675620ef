/** A chaos run: real servers, instances that die, and a judge at the end; once for each mode of emission. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createRandom } from '../../../offline/random.js';
import { startKafka } from '../../services/kafka-server.js';
import { startRedis } from '../../services/redis-server.js';
import { type PartResult, runPart } from './part.js';
import type { Emit } from './world.js';

export interface ChaosOptions {
  readonly kills: number;
  readonly seed: number;
  readonly emits: readonly Emit[];
  /** Ends the run, which then rejects: whoever aborts ends the process, and with it every child. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export interface ChaosResult {
  readonly seed: number;
  readonly parts: readonly PartResult[];
  /** Logs and data, kept where something was wrong. */
  readonly folder: string | undefined;
}

export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { seed, signal } = options;
  const folder = mkdtempSync(path.join(tmpdir(), `steerstream-chaos-${seed}-`));
  const say = (line: string): void => {
    appendFileSync(path.join(folder, 'driver.log'), `${new Date().toISOString()} ${line}\n`);
    options.say(line);
  };
  say(`logs: ${folder}`);
  const interrupted = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => interrupted.reject(new Error('interrupted')), { once: true });
  try {
    const parts = await Promise.race([runParts({ ...options, say }, folder), interrupted.promise]);
    const isSound = parts.every(({ differences }) => differences.length === 0);
    if (isSound) rmSync(folder, { recursive: true, force: true });
    return { seed, parts, folder: isSound ? undefined : folder };
  } finally {
    if (signal.aborted) rmSync(folder, { recursive: true, force: true });
  }
}

async function runParts(options: ChaosOptions, folder: string): Promise<readonly PartResult[]> {
  const { seed, emits } = options;
  // Else an instance that died with an open transaction would hold its topics up for ten seconds.
  const properties = { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': '500' };
  const kafka = await startKafka({ folder: path.join(folder, 'kafka'), properties });
  const redisFolder = path.join(folder, 'redis');
  const config = ['appendonly yes', 'appendfsync everysec', 'auto-aof-rewrite-percentage 0'];
  const redis = await startRedis({ folder: redisFolder, config });
  const parts: PartResult[] = [];
  try {
    for (const [index, emit] of emits.entries()) {
      const until = (part: number): number => Math.round((part * options.kills) / emits.length);
      const kills = until(index + 1) - until(index);
      const partFolder = path.join(folder, emit);
      mkdirSync(partFolder);
      const random = createRandom(seed, index);
      parts.push(await runPart({ ...options, kills, emit, kafka, redis, redisFolder, folder: partFolder, random }));
    }
  } finally {
    await kafka.stop();
    await redis.stop();
  }
  return parts;
}
