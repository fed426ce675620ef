/** `npm run bench -- fuzz`: bad input of every kind leaves the stream alive, and every record accounted for. */
import { InvalidArgumentError } from 'commander';
import { LASTING_BROKER } from '../../services/kafka-files.js';
import { startKafka } from '../../services/kafka-server.js';
import { startRedis } from '../../services/redis-server.js';
import type { AddCommand } from '../command.js';
import { type FuzzResult, runFuzz } from './run.js';

interface Options {
  readonly records: number;
  readonly seed: number;
  readonly json?: true;
}

const SHOWN = 20;

export const addFuzz: AddCommand = (program, { signal, say, print }) => {
  program
    .command('fuzz')
    .description('damaged records of many kinds on a real Kafka and Redis, each accounted for')
    .option('--records <n>', 'how many', whole, 100_000)
    .option('--seed <n>', 'the same seed makes the same records', whole, Date.now() % 100_000)
    .option('--json', 'print the result as JSON')
    .action(async ({ records, seed, json }: Options) => {
      say(`seed ${seed}: starting Kafka and Redis`);
      const kafka = await startKafka({ java: LASTING_BROKER });
      const redis = await startRedis();
      try {
        const place = { brokers: kafka.brokers, redisUrl: redis.url, run: 'fuzz' };
        const result = await runFuzz({ ...place, records, seed, signal, say });
        print(json ? JSON.stringify(result, undefined, 2) : table(result));
        if (result.differences.length === 0) return;
        say(`\n${result.differences.length} differences (seed ${seed}):`);
        for (const one of result.differences.slice(0, SHOWN)) say(`  - ${one}`);
        process.exitCode = 1;
      } finally {
        await kafka.stop();
        await redis.stop();
      }
    });
};

function whole(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a whole number above 0.');
}

function table({ inputs, lists, unchanged, deadLetters, reasons, expiries, aborted, ...result }: FuzzResult): string {
  const { kinds, seed, perSecond, peakMiB, catalogue, differences } = result;
  const sorted = Object.entries(reasons).sort(([, a], [, b]) => b - a);
  return [
    `seed ${seed}: ${inputs} records, ${perSecond} a second`,
    `  lists ${lists}, unchanged ${unchanged}, dead letters ${deadLetters}, ends of gains by the service ${expiries}`,
    `  dead letters: ${sorted.map(([reason, count]) => `${reason} ${count}`).join(', ')}`,
    `  aborted: ${aborted.records} records of ${aborted.transactions} transactions`,
    `  catalogue: ${catalogue.items} items, ${catalogue.rejected} records rejected`,
    `  peak memory, MiB: heap ${peakMiB.heap}, buffers ${peakMiB.buffers}, resident ${peakMiB.resident}`,
    `  differences: ${differences.length}`,
    ...Object.entries(kinds).map(([kind, counts]) => {
      const told = Object.entries(counts).map(([outcome, count]) => `${outcome} ${count}`);
      return `    ${kind.padEnd(36)}${told.join(', ')}`;
    }),
  ].join('\n');
}
