/** Rows of an Avro object container file; its dates and timestamps come as times. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import avsc, { type Schema, type Type } from 'avsc';
import snappy from 'snappy';
import { UserError } from '../../../src/terminal/user-error.js';
import { Row } from './row.js';
import type { ChooseColumns } from './table-file.js';

// A CommonJS module whose names Node cannot tell beforehand: its values come through the default import.
const { streams, types } = avsc;
const unzstd = promisify(zstdDecompress);

export async function* avroRows(file: string, choose: ChooseColumns, signal: AbortSignal): AsyncGenerator<Row> {
  const bytes = createReadStream(file);
  const decoder = new streams.BlockDecoder({ codecs: CODECS, parseHook });
  bytes.once('error', (error) => decoder.destroy(error));
  // The schema comes before the first record; what is thrown while it is told would end the process.
  let sync: Buffer | undefined;
  decoder.once('metadata', (type: Type, _codec: string, header: { readonly sync: Buffer }) => {
    sync = header.sync;
    try {
      if (!(type instanceof types.RecordType)) throw new UserError(`${file} holds no records but ${type.typeName}`);
      choose(type.fields.map(({ name }) => name));
    } catch (error) {
      decoder.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  });
  let number = 0;
  try {
    for await (const record of bytes.pipe(decoder)) {
      signal.throwIfAborted();
      yield new Row(`${file}, record ${++number}`, record as Record<string, unknown>);
    }
    // The decoder passes over a last block that is not whole.
    if (sync === undefined || !sync.equals(await lastBytes(file, sync.length))) throw new Error('it is cut off');
  } catch (error) {
    if (signal.aborted || error instanceof UserError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError(`cannot read ${file}${number > 0 ? ` after record ${number}` : ''}: ${why}`);
  } finally {
    bytes.destroy();
  }
}

async function lastBytes(file: string, count: number): Promise<Buffer> {
  await using handle = await open(file);
  const { size } = await handle.stat();
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(count), 0, count, Math.max(0, size - count));
  return buffer.subarray(0, bytesRead);
}

type Done = (error: Error | null, bytes?: Buffer) => void;

const codec =
  (decompress: (bytes: Buffer) => Promise<Buffer>) =>
  (bytes: Buffer, done: Done): void => {
    decompress(bytes).then(
      (plain) => {
        done(null, plain);
      },
      (error: unknown) => {
        done(error instanceof Error ? error : new Error(String(error)));
      },
    );
  };

const CODECS = {
  ...streams.BlockDecoder.defaultCodecs(),
  // Its last four bytes are a checksum.
  snappy: codec(async (bytes) => Buffer.from(await snappy.uncompress(bytes.subarray(0, -4)))),
  zstandard: codec(unzstd),
};

/** A whole number of `unit` ms since 1970. */
const timeType = (unit: number) =>
  class extends types.LogicalType {
    override _fromValue(value: number): Date {
      return new Date(value * unit);
    }
    override _toValue(date: Date): number {
      return date.getTime() / unit;
    }
  };

const LOGICAL_TYPES = {
  'timestamp-millis': timeType(1),
  'timestamp-micros': timeType(1e-3),
  date: timeType(86_400_000),
};

const parseHook = (schema: Schema): Type => avsc.Type.forSchema(schema, { logicalTypes: LOGICAL_TYPES });
