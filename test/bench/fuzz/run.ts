/** A run: most of the records lie there before the service starts, the others come while it works; then the account. */
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Admin } from 'kafkajs';
import { createRandom } from '../../../offline/random.js';
import type { StreamTopics } from '../../../src/stream/settings.js';
import { topicsOf } from '../stream/plan.js';
import { type Account, account } from './account.js';
import { FuzzedCatalogue } from './catalogue.js';
import { oversize } from './bad-bytes.js';
import { DAMAGES } from './damages.js';
import { type Fuzzed, PARTITIONS } from './fuzzed.js';
import { Ledger } from './ledger.js';
import { Sender } from './sender.js';
import { type Ends, Service } from './service.js';
import { Source } from './source.js';
import { makeTopics } from './topics.js';

export interface FuzzPlan {
  readonly brokers: string;
  readonly redisUrl: string;
  /** A name that nobody else has. */
  readonly run: string;
  readonly records: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export interface FuzzResult extends Account {
  readonly seed: number;
  readonly aborted: { readonly transactions: number; readonly records: number };
  readonly catalogue: { readonly items: number; readonly rejected: number };
  /** Records a second of those that lay there before. */
  readonly perSecond: number;
  readonly peakMiB: { readonly heap: number; readonly buffers: number; readonly resident: number };
  /** What breaks the promise; none where it holds. */
  readonly differences: readonly string[];
}

const BEFORE = 0.8;
/** Huge records one after the other, so that a batch of the service would hold nothing else. */
const FLOOD = { sends: 20, records: 24 };
const FLOOD_FROM = 20_000;
const MOST_A_SEND = 300;
const MIB = 1024 * 1024;
/** Of this process while the service works: far below what the flood holds. */
const MOST_BUFFERS_MIB = 400;
/** A look at committed offsets may be old for a moment. */
const LOOKS = 200;
const LOOK_PAUSE = 20;

export async function runFuzz({ brokers, redisUrl, run, records, seed, signal, say }: FuzzPlan): Promise<FuzzResult> {
  const kafka = new kafkajs.Kafka({ brokers: [brokers], clientId: 'fuzz-driver', logLevel: kafkajs.logLevel.NOTHING });
  const topics = topicsOf(run);
  const source = new Source(createRandom(seed), Date.now());
  const [ledger, catalogue] = [new Ledger(), new FuzzedCatalogue(source)];
  const differences: string[] = [];
  const admin = kafka.admin();
  await admin.connect();
  await makeTopics(admin, topics);
  const sender = await Sender.connect(kafka, run, topics, source, ledger);
  const service = new Service(brokers, redisUrl, run, topics);
  try {
    await sendUpTo(records * BEFORE, sender, ledger, source, catalogue, signal);
    if (records >= FLOOD_FROM) await flood(sender, source);
    const before = await endsOf(admin, topics);
    say(`${ledger.counted} records lie there; starting the service`);
    const began = performance.now();
    await service.start();
    await service.reached(before);
    const perSecond = Math.round((ledger.counted * 1000) / (performance.now() - began));
    say(`processed at ${perSecond} records/s; sending the others meanwhile`);
    await sendUpTo(records, sender, ledger, source, catalogue, signal);
    await atRest(admin, topics, service);
    await service.catchUp();
    const { ready, catalogue: seen } = service.status();
    await service.close();

    say('accounting');
    if (!(await isCommitted(admin, run, topics)))
      differences.push('the committed offsets are not at the end of the log');
    const found = await account(kafka, topics, ledger, (what) => differences.push(what));
    const { counts, peak, troubles, takeOvers } = service;
    differences.push(...troubles);
    if (!ready) differences.push('a task does not run at the end');
    if (takeOvers !== PARTITIONS) differences.push(`${takeOvers} take-overs of ${PARTITIONS} tasks`);
    expectSame('records', counts.records, found.inputs, differences);
    expectSame('lists', counts.lists, found.lists, differences);
    expectSame('dead letters', counts.deadLetters, found.deadLetters, differences);
    expectSame('unchanged', counts.unchanged, found.unchanged, differences);
    expectSame('items', seen.items, catalogue.items, differences);
    expectSame('rejected items', seen.rejected, catalogue.rejected, differences);
    const [heap, buffers, resident] = [peak.heap, peak.buffers, peak.resident].map((bytes) => Math.round(bytes / MIB));
    if (buffers! > MOST_BUFFERS_MIB) differences.push(`${buffers} MiB of buffers: memory follows the size of records`);
    return {
      ...found,
      seed,
      aborted: sender.aborted,
      catalogue: { items: seen.items, rejected: seen.rejected },
      perSecond,
      peakMiB: { heap: heap!, buffers: buffers!, resident: resident! },
      differences,
    };
  } finally {
    await service.close();
    await sender.disconnect();
    await admin.disconnect();
  }
}

async function sendUpTo(
  count: number,
  sender: Sender,
  ledger: Ledger,
  source: Source,
  catalogue: FuzzedCatalogue,
  signal: AbortSignal,
): Promise<void> {
  while (ledger.counted < count) {
    signal.throwIfAborted();
    await sender.catalogue(Array.from({ length: 1 + source.random.below(5) }, () => catalogue.next()));
    const most = Math.min(1 + source.random.below(MOST_A_SEND), Math.ceil(count) - ledger.counted);
    await sender.send(Array.from({ length: most }, (_, i) => next(source, ledger.counted + i)));
  }
}

async function flood(sender: Sender, source: Source): Promise<void> {
  const record = oversize(source, 'interactions');
  for (let i = 0; i < FLOOD.sends; i += 1) await sender.send(Array.from({ length: FLOOD.records }, () => record));
}

const WEIGHTS = DAMAGES.map(([weight]) => weight);

/** At random; but a short run has every kind too. */
function next(source: Source, made: number): Fuzzed {
  const [, damage] = DAMAGES[made < DAMAGES.length ? made : source.random.choice(WEIGHTS)]!;
  return damage(source, source.random.below(3) === 0 ? 'profiles' : 'interactions');
}

/** The service itself appends events that end gains, until none is due. */
async function atRest(admin: Admin, topics: StreamTopics, service: Service): Promise<void> {
  for (;;) {
    const ends = await endsOf(admin, topics);
    await service.reached(ends);
    await service.nothingDue();
    if (JSON.stringify(await endsOf(admin, topics)) === JSON.stringify(ends)) return;
  }
}

async function endsOf(admin: Admin, topics: StreamTopics): Promise<Ends> {
  const of = async (topic: string): Promise<readonly number[]> => {
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets.sort((a, b) => a.partition - b.partition).map(({ high }) => Number(high));
  };
  return { interactions: await of(topics.interactions), profiles: await of(topics.profiles) };
}

async function isCommitted(admin: Admin, groupId: string, topics: StreamTopics): Promise<boolean> {
  const ends = await endsOf(admin, topics);
  for (let looks = 0; looks < LOOKS; looks += 1) {
    const committed = await admin.fetchOffsets({ groupId, topics: [topics.interactions, topics.profiles] });
    const isThere = committed.every(({ topic, partitions }) => {
      const end = topic === topics.interactions ? ends.interactions : ends.profiles;
      return (
        partitions.length === PARTITIONS &&
        partitions.every(({ partition, offset }) => Number(offset) === end[partition])
      );
    });
    if (isThere) return true;
    await sleep(LOOK_PAUSE);
  }
  return false;
}

function expectSame(what: string, told: number, counted: number, differences: string[]): void {
  if (told !== counted) differences.push(`${what}: the service counted ${told}, and there are ${counted}`);
}
