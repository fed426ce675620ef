/** The faults of a run: each does its harm and returns; what must come after it is the driver's matter. */
import { setTimeout as sleep } from 'node:timers/promises';
import { STEP_NAMES, type StepName } from '../../../src/stream/steps.js';
import type { Random } from '../../../offline/random.js';
import type { Instance } from './child-instance.js';
import { WHOLE_SHARE } from '../../../src/ports/checkpoint-store.js';
import { anyInstance, loseTail, MOST, publish, type Stage } from './stage.js';
import { CHECKPOINT_POLL_MS, REDIS_TIMEOUT_MS, SESSION_MS } from './world.js';

export interface Fault {
  readonly name: string;
  readonly inflict: (stage: Stage) => Promise<void>;
}

/** How long an instance may take to reach a step, ms; else it is killed where it is. */
const PATIENCE_MS = 20_000;

/** Steps of a take-over: whoever joins goes through them. */
const TAKING_OVER: readonly StepName[] = ['fenced', 'claimed', 'settled', 'running'];
/** Steps where there is something to heal. */
const HEALING: readonly StepName[] = ['heal-read', 'heal-written'];
/** Steps of whoever gives a task up. */
const GIVING_UP: readonly StepName[] = ['revoking', 'handed-over'];

/** Every fault, some more than once, in an order of chance: each kind comes again before any comes too often. */
export function deckOf(random: Random): Fault[] {
  const often = (count: number, fault: Fault): Fault[] => Array.from({ length: count }, () => fault);
  const deck = [
    ...STEP_NAMES.map(killAt),
    ...often(2, { name: 'kill an instance', inflict: killAnywhere }),
    ...often(2, zombieAt('committing')),
    ...often(2, zombieAt('committed')),
    zombieAt(STEP_NAMES[random.below(STEP_NAMES.indexOf('idle'))] ?? 'polled'),
    { name: 'freeze an instance', inflict: freeze },
    { name: 'stop an instance gracefully', inflict: stopGracefully },
    ...often(2, { name: 'kill the broker', inflict: killBroker }),
    { name: 'pause the broker', inflict: pauseBroker },
    { name: 'kill Redis, data kept', inflict: (stage: Stage) => killRedis(stage, 'kept') },
    ...often(2, { name: 'kill Redis, newest data lost', inflict: (stage: Stage) => killRedis(stage, 'tail') }),
    { name: 'kill Redis, all data lost', inflict: (stage: Stage) => killRedis(stage, 'wiped') },
    { name: 'pause Redis', inflict: pauseRedis },
    ...often(2, { name: 'publish a checkpoint', inflict: publishCheckpoint }),
    { name: 'kill all instances, Redis loses its newest data', inflict: (stage: Stage) => killAll(stage, 'redis') },
    { name: 'kill all instances and the broker', inflict: (stage: Stage) => killAll(stage, 'broker') },
  ];
  return random.shuffle(deck);
}

function killAt(step: StepName): Fault {
  return {
    name: `kill at ${step}`,
    inflict: async (stage) => {
      const { fleet, tally } = stage;
      const then = 'die';
      let victim: Instance;
      let met: Promise<unknown>;
      if (TAKING_OVER.includes(step)) {
        victim = await fleet.start({ step, then });
        met = fleet.met(victim, PATIENCE_MS);
      } else {
        victim = await anyInstance(stage);
        met = fleet.appoint(victim, { step, then }, PATIENCE_MS);
        if (HEALING.includes(step)) await killRedis(stage, 'wiped');
        if (GIVING_UP.includes(step)) met = Promise.race([met, fleet.end(victim)]);
      }
      if ((await met) === undefined) {
        // One that had no task has none to give up.
        if (victim.process.exitCode !== null) return;
        stage.say(`instance ${victim.id} did not come to ${step}`);
        await kill(stage, victim);
      } else {
        await victim.exited;
        tally.killAt(step);
      }
    },
  };
}

async function killAnywhere(stage: Stage): Promise<void> {
  await kill(stage, await anyInstance(stage));
}

async function kill({ fleet, tally }: Stage, victim: Instance): Promise<void> {
  await fleet.kill(victim);
  tally.kill('instance killed anywhere');
}

/** It falls asleep at a step, others take its tasks, and it wakes up where it was. */
function zombieAt(step: StepName): Fault {
  return {
    name: `zombie at ${step}`,
    inflict: async (stage) => {
      const { fleet, tally, random } = stage;
      let zombie: Instance;
      let met: ReturnType<typeof fleet.met>;
      if (fleet.running.length < 2) await fleet.start();
      if (TAKING_OVER.includes(step)) {
        zombie = await fleet.start({ step, then: 'stop' });
        met = fleet.met(zombie, PATIENCE_MS);
      } else {
        zombie = await anyInstance(stage);
        met = fleet.appoint(zombie, { step, then: 'stop' }, PATIENCE_MS);
        if (HEALING.includes(step)) await killRedis(stage, 'wiped');
      }
      if ((await met) === undefined) {
        stage.say(`instance ${zombie.id} did not come to ${step}`);
        fleet.sleep(zombie);
      }
      await sleepThrough(stage, zombie, random.random() < 0.75);
      tally.fault(`zombie woke at ${step}`);
    },
  };
}

async function freeze(stage: Stage): Promise<void> {
  const instance = await anyInstance(stage);
  if (stage.fleet.running.length < 2) await stage.fleet.start();
  stage.fleet.sleep(instance);
  await sleepThrough(stage, instance, stage.random.random() < 0.5);
  stage.tally.fault('instance frozen');
}

/** Until the others have all its tasks; or for some time around its session, so that it may wake amid the change. */
async function sleepThrough({ fleet, random }: Stage, instance: Instance, untilReplaced: boolean): Promise<void> {
  if (untilReplaced) await fleet.progress();
  else await sleep(random.random() * 2 * SESSION_MS);
  fleet.wake(instance);
}

async function stopGracefully(stage: Stage): Promise<void> {
  await stage.fleet.end(await anyInstance(stage));
  stage.tally.fault('instance stopped gracefully');
}

async function killBroker({ kafka, tally, random }: Stage): Promise<void> {
  await kafka.kill();
  tally.kill('broker killed');
  await sleep(random.random() * 1000);
  await kafka.start();
}

async function pauseBroker({ kafka, tally, random }: Stage): Promise<void> {
  kafka.pause();
  await sleep(200 + random.random() * 2 * SESSION_MS);
  kafka.resume();
  tally.fault('broker paused');
}

async function killRedis(
  { redis, redisFolder, tally, random, say }: Stage,
  data: 'kept' | 'tail' | 'wiped',
): Promise<void> {
  await redis.kill();
  if (data === 'wiped') await redis.wipe();
  if (data === 'tail') say(`Redis loses ${await loseTail(redisFolder, 1 + random.below(100_000))} bytes`);
  tally.kill(`Redis killed, ${data === 'tail' ? 'newest data lost' : data === 'kept' ? 'data kept' : 'all data lost'}`);
  await sleep(random.random() * 500);
  await redis.start();
}

async function pauseRedis({ redis, tally, random }: Stage): Promise<void> {
  redis.pause();
  await sleep(200 + random.random() * 2 * REDIS_TIMEOUT_MS);
  redis.resume();
  tally.fault('Redis paused');
}

/**
 * For everybody, or a candidate. Instances look for it at different times: a task that moves now must not go back to the
 * one before.
 */
async function publishCheckpoint(stage: Stage): Promise<void> {
  const { fleet, checkpoints, random, tally, say } = stage;
  const share = random.random() < 0.5 ? WHOLE_SHARE : 10 + random.below(80);
  say(`checkpoint ${await publish(checkpoints, random.below(1_000_000), share)} for ${share} %`);
  tally.fault('checkpoint published');
  if (random.random() < 0.5) await sleep(random.random() * CHECKPOINT_POLL_MS);
  if (fleet.running.length > 1) await stopGracefully(stage);
  else await fleet.start();
}

async function killAll(stage: Stage, other: 'redis' | 'broker'): Promise<void> {
  const { fleet } = stage;
  await Promise.all([
    ...fleet.running.slice(0, MOST).map((victim) => kill(stage, victim)),
    other === 'redis' ? killRedis(stage, 'tail') : killBroker(stage),
  ]);
}
