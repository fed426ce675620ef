/**
 * `npm run bench -- stream`: how many events a second become committed lists, how long one takes, and what a user costs
 * in Redis; beside it, in the same run, a raw kafkajs loop that writes the same bytes in the same transactions.
 */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Option } from 'commander';
import { Redis } from 'ioredis';
import { KafkaClient } from '../../../src/adapters/kafka/client.js';
import { KafkaLog } from '../../../src/adapters/kafka/kafka-log.js';
import { DEFAULT_KAFKA_TIMING, type KafkaOptions } from '../../../src/adapters/kafka/options.js';
import { SILENT } from '../../../src/ops/logger.js';
import { listOf, wholeNumber } from '../../../src/terminal/arguments.js';
import type { AddCommand, Bench as BenchContext } from '../command.js';
import { LASTING_BROKER } from '../../services/kafka-files.js';
import { type KafkaServer, startKafka } from '../../services/kafka-server.js';
import { type RedisServer, startRedis } from '../../services/redis-server.js';
import { ENGINES, type EngineChoice, type Percentiles, type Place, topicsOf } from './plan.js';
import { COUNTS, type Load, medians, type Result, type Round, type Speed, table } from './result.js';
import { Lists } from './lists.js';
import { flameGraphOf } from './profiles.js';
import { Traffic } from './traffic.js';
import { Workers } from './workers.js';

interface Options {
  readonly events: number;
  readonly users: number;
  readonly partitions: number;
  readonly batch: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly at: readonly number[];
  readonly engine: EngineChoice;
  readonly json?: true;
  readonly profiles?: string;
}

const HISTORY = 200;
/** Lists at the beginning of a measurement that do not count: code that was just loaded is slow. */
const WARM_UP = 0.3;
/** A broker compiles its code while it runs, which takes a core at first: so long, seconds, and at so many events a second. */
const BROKER_WARM_UP = { seconds: 60, perSecond: 10_000 } as const;

export const addStream: AddCommand = (program, bench) => {
  program
    .command('stream')
    .description('events a second and latency of the stream, beside a raw kafkajs loop in the same run')
    .option('--events <n>', 'events of each measurement of speed', wholeNumber(1), 200_000)
    .option('--users <n>', `users, each with ${HISTORY} events before`, wholeNumber(1), 1_000)
    .option('--partitions <n>', 'partitions of the topics', wholeNumber(1), 4)
    .option('--batch <n>', 'records of a transaction at most', wholeNumber(1), 500)
    .option('--seconds <n>', 'seconds of each measurement of latency', wholeNumber(1), 10)
    .option('--rounds <n>', 'measurements of everything, of which the medians are told', wholeNumber(1), 3)
    .option('--at <list>', 'further loads to measure latency at, events a second', listOf(wholeNumber(1)), [])
    .addOption(
      new Option('--engine <name>', 'what ranks: nothing, or a model of 26,744 items on one thread of each process')
        .choices(ENGINES)
        .default('constant'),
    )
    .option('--json', 'print the result as JSON')
    .option(
      '--profiles <folder>',
      'instead, profile the threads of one process at full load: .cpuprofile and a flame graph',
    )
    .action(async (options: Options) => {
      if (options.profiles !== undefined) {
        await withServers(options, bench.say, (one) => one.profile(options.profiles ?? ''));
        return;
      }
      const result = await withServers(options, bench.say, (one) => one.run());
      bench.print(options.json ? JSON.stringify(result) : table(result));
    });
};

async function withServers<T>(
  options: Options,
  say: BenchContext['say'],
  work: (bench: Bench) => Promise<T>,
): Promise<T> {
  say('starting Kafka and Redis');
  const kafka = await startKafka({ java: LASTING_BROKER });
  const redis = await startRedis();
  try {
    return await work(new Bench(kafka, redis, options, say));
  } finally {
    await kafka.stop();
    await redis.stop();
  }
}

/** What goes in and comes out at a place. */
interface Running {
  readonly place: Place;
  readonly traffic: Traffic;
  readonly lists: Lists;
  /** By partition, events that owe no list: those before the first one that does. */
  readonly unanswered: readonly number[];
}

async function closed({ lists, traffic }: Running): Promise<void> {
  await lists.close();
  await traffic.close();
}

type Kind = 'instance' | 'raw-loop';

class Bench {
  readonly #place: Omit<Place, 'run'>;
  readonly #kafka: KafkaOptions;

  constructor(
    { brokers }: KafkaServer,
    private readonly redis: RedisServer,
    private readonly options: Options,
    private readonly say: BenchContext['say'],
  ) {
    const { partitions, batch, engine } = options;
    this.#place = { brokers, redis: redis.url, partitions, batch, engine };
    const timing = DEFAULT_KAFKA_TIMING;
    this.#kafka = { brokers: [brokers], clientId: 'bench', compression: 'none', timing, logger: SILENT };
  }

  async run(): Promise<Result> {
    const raw = await this.#open('raw', 2);
    await this.#warmBroker(raw);
    const rounds: Round[] = [];
    for (let round = 1; round <= this.options.rounds; round += 1) {
      this.say(`round ${round} of ${this.options.rounds}`);
      rounds.push(await this.#round(raw));
    }
    await closed(raw);
    const { batch, partitions } = this.#place;
    return { batch, partitions, ...medians(rounds), rounds };
  }

  /** What the threads of one process do at full load, to a folder. */
  async profile(folder: string): Promise<void> {
    const profiles = resolve(folder);
    await this.#anew((service) => this.#speed('instance', 1, { ...service, place: { ...service.place, profiles } }));
    writeFileSync(join(profiles, 'flame-graph.svg'), flameGraphOf(profiles));
  }

  /** Raw loop and service in turn; each measurement of the service begins with users of the same history. */
  async #round(raw: Running): Promise<Round> {
    const rates: { raw: Record<number, Speed>; service: Record<number, Speed> } = { raw: {}, service: {} };
    const loads: Load[] = [];
    const bytes: number[] = [];
    for (const count of COUNTS) {
      rates.raw[count] = await this.#speed('raw-loop', count, raw);
      const before = await this.#usedMemory();
      const speed = await this.#anew(async (service) => {
        bytes.push(Math.round(((await this.#usedMemory()) - before) / this.options.users));
        return this.#speed('instance', count, service);
      });
      rates.service[count] = speed;
      const shares = count === 1 ? [0.1, 0.5, 0.8] : [0.5];
      for (const share of [...shares, ...this.options.at.map((perSecond) => perSecond / speed.perSecond)]) {
        const perSecond = Math.round(speed.perSecond * share);
        const found = await this.#anew((service) => this.#latency('instance', count, perSecond, service));
        const beside = share === 0.5 ? await this.#latency('raw-loop', count, perSecond, raw) : undefined;
        loads.push({ instances: count, share, perSecond, ...found, raw: beside });
      }
    }
    return { ...rates, loads, redisBytesPerUser: Math.max(...bytes) };
  }

  /** On users who have a history of their own, of the same length each time. */
  async #anew<T>(measure: (service: Running) => Promise<T>): Promise<T> {
    const service = await this.#withHistory(await this.#open('service', 1));
    const measured = await measure(service);
    await closed(service);
    return measured;
  }

  async #open(name: string, seed: number): Promise<Running> {
    const place = await this.#newRun(name);
    const traffic = await Traffic.open(place, this.options.users, seed);
    const lists = await Lists.follow(new KafkaClient(this.#kafka), place);
    return { place, traffic, lists, unanswered: traffic.ends };
  }

  /** A backlog is there before the processes start: nothing but they is measured. */
  async #speed(kind: Kind, count: number, { place, traffic, lists }: Running): Promise<Speed> {
    const from = lists.count;
    await traffic.preload(this.options.events);
    const workers = await Workers.start(kind, count, place);
    await lists.reach(from + this.options.events);
    const { cpuMicros, loop } = await workers.stop();
    const perSecond = lists.rate(from + Math.round(this.options.events * WARM_UP), from + this.options.events);
    const speed = { perSecond, cpuMicros: Math.round(cpuMicros / this.options.events), loop };
    this.say(
      `${kind} x ${count}: ${perSecond} events/s, ${speed.cpuMicros} us of CPU an event, event loop held up for ${loop.max} ms`,
    );
    return speed;
  }

  async #latency(kind: Kind, count: number, perSecond: number, running: Running): Promise<Percentiles> {
    const { place, traffic, lists, unanswered } = running;
    const workers = await Workers.start(kind, count, place);
    await this.#settle(traffic, lists);
    // Code that has just been loaded is slow: that is a matter of starting, not of load.
    await this.#steady(perSecond, Math.min(3, this.options.seconds), traffic, lists);
    const { counts } = lists;
    await this.#steady(perSecond, this.options.seconds, traffic, lists);
    await workers.stop();
    const found = lists.latencies(counts, (partition, index) =>
      traffic.timeOf(partition, (unanswered[partition] ?? 0) + index),
    );
    this.say(`${kind} x ${count} at ${perSecond} events/s: p50 ${found.p50} ms, p99 ${found.p99} ms`);
    return found;
  }

  async #warmBroker({ place, traffic, lists }: Running): Promise<void> {
    this.say('warming the broker up');
    const workers = await Workers.start('raw-loop', 1, place);
    await this.#settle(traffic, lists);
    await this.#steady(BROKER_WARM_UP.perSecond, BROKER_WARM_UP.seconds, traffic, lists);
    await workers.stop();
  }

  async #steady(perSecond: number, seconds: number, traffic: Traffic, lists: Lists): Promise<void> {
    const [sent, seen] = [traffic.sent, lists.count];
    await traffic.steady(perSecond, seconds);
    await lists.reach(seen + traffic.sent - sent);
  }

  /** States of ${HISTORY} events a user, healed from the log without lists. */
  async #withHistory(running: Running): Promise<Running> {
    const { place, traffic, lists } = running;
    await traffic.preload(this.options.users * HISTORY);
    const unanswered = traffic.ends;
    this.say(`healing ${this.options.users * HISTORY} events`);
    const started = performance.now();
    const workers = await Workers.start('instance', 1, place);
    await this.#settle(traffic, lists);
    this.say(`healed at ${Math.round((this.options.users * HISTORY * 1000) / (performance.now() - started))} events/s`);
    await workers.stop();
    return { ...running, unanswered };
  }

  /** Every partition makes lists. */
  async #settle(traffic: Traffic, lists: Lists): Promise<void> {
    const from = lists.count;
    const count = 20 * this.#place.partitions;
    await traffic.preload(count);
    await lists.reach(from + count);
  }

  async #newRun(name: string): Promise<Place> {
    const run = `${name}-${crypto.randomUUID().slice(0, 8)}`;
    const log = new KafkaLog(this.#kafka);
    for (const topic of Object.values<string>({ ...topicsOf(run) }))
      await log.ensureTopic(topic, this.#place.partitions);
    await log.close();
    return { ...this.#place, run };
  }

  async #usedMemory(): Promise<number> {
    const redis = new Redis(this.redis.url);
    const used = /used_memory:(\d+)/.exec(await redis.info('memory'))?.[1];
    redis.disconnect();
    return Number(used);
  }
}
