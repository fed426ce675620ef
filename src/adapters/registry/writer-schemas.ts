/**
 * The schemas that foreign records name, as the registry has them. An id means one schema for ever; that there is none
 * is believed for a short while only. A schema is as little to be trusted as the bytes it describes.
 */
import type { Schema, Type } from 'avsc';
import { type BodyReader, bodyReader, failed, typeOf } from '../../events/avro-body.js';
import type { RegisteredSchema } from './registry-client.js';

/** Longest schema that is read, in characters. */
const MAX_SCHEMA_LENGTH = 256 * 1024;
/** Most ids that are remembered: those not used for longest are forgotten first. */
const MAX_KNOWN = 1000;
/** Most questions at a time. */
const PARALLEL = 8;
/** How long an id counts as unknown, ms. */
const UNKNOWN_FOR = 10_000;

/** Reads what one schema wrote, as a value of one of ours; or says why nothing can. */
export type WriterSchema = (reader: Type) => BodyReader;

interface Known {
  readonly schema: WriterSchema;
  /** Until when it is believed, ms. */
  readonly until: number;
}

export class WriterSchemas {
  readonly #known = new Map<number, Known>();
  readonly #asked = new Map<number, Promise<WriterSchema>>();

  /** `ask` gives the schema of an id, undefined when there is none; `now` in ms. */
  constructor(
    private readonly ask: (id: number) => Promise<RegisteredSchema | undefined>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Each of these, asked for where it must be. @throws what `ask` throws */
  async of(ids: ReadonlySet<number>): Promise<ReadonlyMap<number, WriterSchema>> {
    const found = new Map<number, WriterSchema>();
    const queue = ids.values();
    const work = async (): Promise<void> => {
      for (const id of queue) found.set(id, this.#remembered(id) ?? (await this.#fetch(id)));
    };
    await Promise.all(Array.from({ length: Math.min(PARALLEL, ids.size) }, work));
    return found;
  }

  #remembered(id: number): WriterSchema | undefined {
    const known = this.#known.get(id);
    this.#known.delete(id);
    if (known === undefined || known.until < this.now()) return undefined;
    this.#known.set(id, known);
    return known.schema;
  }

  #fetch(id: number): Promise<WriterSchema> {
    const asked = this.#asked.get(id) ?? this.#fetched(id).finally(() => this.#asked.delete(id));
    this.#asked.set(id, asked);
    return asked;
  }

  async #fetched(id: number): Promise<WriterSchema> {
    const registered = await this.ask(id);
    const schema = writerSchema(id, registered);
    this.#known.set(id, { schema, until: registered ? Number.POSITIVE_INFINITY : this.now() + UNKNOWN_FOR });
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size > MAX_KNOWN) this.#known.delete(oldest);
    return schema;
  }
}

function writerSchema(id: number, registered: RegisteredSchema | undefined): WriterSchema {
  if (registered === undefined)
    return refused(id, 'is not in the schema registry: is this the registry of its producer?');
  const { schema, schemaType, references } = registered;
  if (schemaType !== 'AVRO') return refused(id, `is of the type ${schemaType.slice(0, 40)}: only AVRO is read`);
  if (references.length > 0) return refused(id, 'refers to other schemas: register it whole');
  if (schema.length > MAX_SCHEMA_LENGTH) return refused(id, `is longer than ${MAX_SCHEMA_LENGTH} characters`);
  try {
    return readersOf(id, typeOf(JSON.parse(schema) as Schema));
  } catch (error) {
    return refused(id, `is no Avro schema: ${reason(error)}`);
  }
}

function readersOf(id: number, writer: Type): WriterSchema {
  const readers = new Map<Type, BodyReader>();
  return (reader) => {
    const made = readers.get(reader) ?? readerOf(id, reader, writer);
    readers.set(reader, made);
    return made;
  };
}

function readerOf(id: number, reader: Type, writer: Type): BodyReader {
  try {
    return bodyReader(reader, writer);
  } catch (error) {
    return unreadable(id, `cannot be read as ${reader.name ?? ''}: ${reason(error)}`);
  }
}

function refused(id: number, why: string): WriterSchema {
  const reader = unreadable(id, why);
  return () => reader;
}

function unreadable(id: number, why: string): BodyReader {
  return () => failed('unknown-schema', `schema ${id} ${why}`);
}

function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 300);
}
