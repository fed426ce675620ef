/** One mode of emission, from topics of its own to the verdict: one fault after the other while users go on. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { createRandom, type Random } from '../../../offline/random.js';
import type { KafkaServer } from '../../services/kafka-server.js';
import type { RedisServer } from '../../services/redis-server.js';
import { deckOf, type Fault } from './faults.js';
import { Fleet, Stall } from './fleet.js';
import { Inputs } from './inputs.js';
import type { Verdict } from './judge.js';
import { Producing } from './producer.js';
import { gatherAndJudge, rest } from './rest.js';
import { MOST, publish, type Stage } from './stage.js';
import { type Recovery, Tally } from './tally.js';
import { endsOf, makeTopics } from './topics.js';
import { type Emit, worldOf } from './world.js';

export interface Part {
  readonly kills: number;
  readonly seed: number;
  readonly emit: Emit;
  readonly kafka: KafkaServer;
  readonly redis: RedisServer;
  readonly redisFolder: string;
  /** For its logs and checkpoints. */
  readonly folder: string;
  readonly random: Random;
  readonly say: (line: string) => void;
}

export interface PartResult extends Partial<Omit<Verdict, 'differences'>> {
  readonly emit: Emit;
  readonly kills: number;
  readonly seconds: number;
  readonly steps: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  readonly recoveries: Readonly<Record<string, Recovery>>;
  readonly differences: readonly string[];
}

/** Of one user's records, ten times a second. */
const BURSTS = 4;
/** Before the group exists: they make states and no lists. */
const HISTORY_BURSTS = 120;

export async function runPart(part: Part): Promise<PartResult> {
  const { emit, folder, seed, say, kafka, redis, redisFolder, random } = part;
  const began = Date.now();
  const world = worldOf(`chaos-${emit}`, emit);
  const client = new kafkajs.Kafka({
    brokers: [kafka.brokers],
    clientId: 'chaos-driver',
    logLevel: kafkajs.logLevel.NOTHING,
    requestTimeout: 3000,
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 60 },
  });
  const admin = client.admin();
  await admin.connect();
  await makeTopics(admin, world);
  const inputs = new Inputs(createRandom(seed, 1000), world);
  const producing = new Producing(client, inputs, BURSTS);
  await producing.connect();
  await producing.sendSurely(inputs.catalogue(Date.now()));
  for (let i = 0; i < HISTORY_BURSTS; i += 1) await producing.sendSurely(inputs.burst(Date.now()));
  const { interactions, profiles } = world.topics;
  const start = { interactions: await endsOf(admin, interactions), profiles: await endsOf(admin, profiles) };

  const checkpoints = path.join(folder, 'checkpoints');
  await publish(checkpoints, seed);
  const differences: string[] = [];
  const fleet = new Fleet({ brokers: kafka.brokers, redisUrl: redis.url, checkpoints, world }, folder, (trouble) => {
    say(`TROUBLE ${trouble}`);
    differences.push(trouble);
  });
  const tally = new Tally();
  let verdict: Verdict | undefined;
  try {
    const stage: Stage = { fleet, kafka, redis, redisFolder, checkpoints, random, tally, say };
    await inflictAll(part, stage, producing, () => differences.length > 0);
    await producing.pause();
    say(`${emit}: letting everything come to rest`);
    if (fleet.running.length === 0) await fleet.start();
    await rest(admin, redis.url, world);
    await Promise.all(fleet.running.map((instance) => fleet.end(instance)));
    say(`${emit}: judging`);
    verdict = await gatherAndJudge(client, world, start, checkpoints, redis.url);
  } catch (error) {
    if (!(error instanceof Stall)) throw error;
    differences.push(error.message);
  } finally {
    await fleet.close();
    await producing.close();
    await admin.disconnect();
  }
  const { kills, steps, faults, recoveries } = tally;
  const seconds = Math.round((Date.now() - began) / 1000);
  differences.push(...(verdict?.differences ?? []));
  return { ...verdict, emit, kills, seconds, steps, faults, recoveries, differences };
}

/** Until there were enough kills, or something is broken already. */
async function inflictAll(
  { kills, emit, random, say }: Part,
  stage: Stage,
  producing: Producing,
  isBroken: () => boolean,
): Promise<void> {
  const { fleet, tally } = stage;
  const began = Date.now();
  await firstStart(stage);
  producing.begin();
  let deck: Fault[] = [];
  while (tally.kills < kills && !isBroken()) {
    if (deck.length === 0) deck = deckOf(random);
    const fault = deck.pop()!;
    await sleep(random.random() * 300);
    const seconds = Math.round((Date.now() - began) / 1000);
    const progress = `${seconds} s, ${producing.sent} records, kill ${tally.kills} of ${kills}`;
    say(`${emit}: ${progress}${left(seconds, tally.kills, kills)}: ${fault.name}`);
    await fault.inflict(stage);
    await resize(stage, 1 + random.below(MOST));
    // Now and then the next fault comes before the last one is over.
    if (random.random() < 0.2) continue;
    const over = Date.now();
    await fleet.progress();
    tally.recovered(fault.name, Date.now() - over);
  }
  await fleet.progress();
}

/** Dies, too. Nothing is sent before every task has its first position, so that its start is known. */
async function firstStart({ fleet, random, tally }: Stage): Promise<void> {
  const steps = ['fenced', 'claimed', 'settled', 'heal-read', 'heal-written'] as const;
  const step = steps[random.below(steps.length)]!;
  const first = await fleet.start({ step, then: 'die' });
  if ((await fleet.met(first, 30_000)) === undefined) throw new Stall(`the first start did not reach ${step}`);
  await first.exited;
  tally.killAt(step);
  await fleet.start();
  await fleet.progress('running');
}

/** Adds what is missing, and ends some of what is too much. */
async function resize({ fleet, random }: Stage, wanted: number): Promise<void> {
  while (fleet.running.length < wanted) await fleet.start();
  const spare = fleet.running[wanted];
  if (spare && random.random() < 0.5) await fleet.end(spare);
}

function left(seconds: number, done: number, all: number): string {
  return done < 3 ? '' : `, about ${Math.round((seconds / done) * (all - done))} s left`;
}
