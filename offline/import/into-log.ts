/** Writes a source into the log, as any producer would: encoded records, keyed, in chunks, resumable. */
import type { Encoder } from '../../src/events/codec.js';
import type { CatalogueItem, Interaction } from '../../src/events/events.js';
import type { OutgoingRecord } from '../../src/ports/log.js';
import { breathe, type OfflineContext } from '../context.js';
import { createProgress, groups } from '../../src/terminal/progress.js';
import { topicExtents } from '../topics.js';
import { UserError } from '../../src/terminal/user-error.js';
import type { ImportData, ImportSource } from './source.js';

export interface ImportSummary {
  readonly fingerprint: string;
  /** Records that this run appended; 0 when the source was in the log already. */
  readonly appended: number;
  /** Records of the whole source. */
  readonly total: number;
}

const CHUNK = 5000;

/**
 * Appends what of the source is not in the log yet, items first. The log keeps how far it has come in the same
 * transaction as the records: after an interruption at any point nothing is missing and nothing is twice.
 * @param chunkSize records of one append
 */
export async function importIntoLog(
  context: OfflineContext,
  source: ImportSource,
  chunkSize = CHUNK,
): Promise<ImportSummary> {
  const { log, print, signal } = context;
  const key = `import:${source.fingerprint}`;
  // Written when the last record is in: the source need not be read again to know that nothing is left.
  const complete = `${key}:complete`;
  const all = await log.progress(complete);
  if (all > 0) {
    print(`${source.name}: already in the log, nothing to do (${groups(all)} records)`);
    return { fingerprint: source.fingerprint, appended: 0, total: all };
  }
  await ensureTopics(context);
  const done = await log.progress(key);
  if (done > 0) print(`${source.name}: going on after ${groups(done)} records`);
  const data = await source.read(signal);
  if (done === 0 && data.interactionCount > 0) await sayWhatIsThere(context);
  const encoders = await openEncoders(context);
  const total = data.items.length + data.interactionCount;
  const progress = createProgress({ label: 'import', total, unit: 'records' });
  progress.tick(done);
  let written = done;
  for (const chunk of chunksAfter(done, chunkSize, outgoing(context, data, encoders))) {
    await breathe(signal);
    written += chunk.length;
    await log.append(chunk, { source: key, done: written });
    progress.tick(written);
  }
  await log.append([], { source: complete, done: total });
  progress.end();
  print(`${source.name}: ${contents(data)} in the log`);
  return { fingerprint: source.fingerprint, appended: total - done, total };
}

/** Makes the topics that are missing. Those that are there keep their partitions, whatever the configuration says. */
async function ensureTopics({ log, config }: OfflineContext): Promise<void> {
  const { interactions, profiles, catalogue } = config.topics;
  const partitions = (await topicExtents(log, interactions))?.length ?? config.partitions;
  await log.ensureTopic(interactions, partitions);
  await log.ensureTopic(profiles, partitions);
  if ((await topicExtents(log, catalogue)) === undefined) await log.ensureTopic(catalogue, config.partitions);
}

/** Several sources in one log are fine, and rarely meant. */
async function sayWhatIsThere({ log, config, print }: OfflineContext): Promise<void> {
  const extents = await log.extents(config.topics.interactions);
  const present = extents.reduce((sum, { first, end }) => sum + end - first, 0);
  if (present > 0)
    print(`note: the log already holds ${groups(present)} interactions of other sources; these are added`);
}

function contents({ items, interactionCount }: ImportData): string {
  const [ofItems, ofInteractions] = [`${groups(items.length)} items`, `${groups(interactionCount)} interactions`];
  if (interactionCount === 0) return ofItems;
  return items.length === 0 ? ofInteractions : `${ofItems} and ${ofInteractions}`;
}

interface Encoders {
  readonly items: Encoder<CatalogueItem>;
  readonly interactions: Encoder<Interaction>;
}

async function openEncoders({ wire, config: { topics } }: OfflineContext): Promise<Encoders> {
  return {
    items: await wire.encoder('catalogue-item', topics.catalogue),
    interactions: await wire.encoder('interaction', topics.interactions),
  };
}

function* outgoing(
  { config }: OfflineContext,
  data: ImportData,
  { items, interactions }: Encoders,
): Generator<OutgoingRecord> {
  for (const item of data.items) {
    yield {
      topic: config.topics.catalogue,
      key: Buffer.from(item.itemId),
      value: encoded(item.itemId, () => items.encode(item)),
    };
  }
  for (const event of data.interactions()) {
    yield {
      topic: config.topics.interactions,
      key: Buffer.from(event.userId),
      value: encoded(event.eventId, () => interactions.encode(event)),
      // History keeps its times.
      timestamp: event.occurredAt,
    };
  }
}

/** What breaks the contract is the source's to mend. The row is the last number of an event id. */
function encoded(id: string, encode: () => Buffer): Buffer {
  try {
    return encode();
  } catch (error) {
    throw new UserError(`cannot import ${id}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function* chunksAfter(skip: number, size: number, records: Iterable<OutgoingRecord>): Generator<OutgoingRecord[]> {
  let chunk: OutgoingRecord[] = [];
  let index = 0;
  for (const record of records) {
    if (index++ < skip) continue;
    chunk.push(record);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
