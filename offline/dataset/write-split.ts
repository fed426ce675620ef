/** Writes a split (split.ts has the format) part by part, without ever holding one. */
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hashFile, writeFileAtomic } from '../files.js';
import type { SequencesSource, SplitHead, SplitParts } from './sequences.js';
import { type Column, FORMAT, type SequencesFile, type SplitFile } from './split.js';

/** Replaces both files of the folder; split.json comes last, and does not fit to columns of another run. */
export async function writeSplit(folder: string, head: SplitHead, parts: SplitParts<SequencesSource>): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'columns.bin');
  await rm(file, { force: true });
  const { kind, seed, snapshot, items, titles, attributeNames, attributeItems } = head;
  const columns = await ColumnsWriter.open(file);
  let sections: Pick<SplitFile, 'attributes' | 'train' | 'validation' | 'sae' | 'test'>;
  try {
    const attributes: SplitFile['attributes'] = [];
    for (const [i, name] of attributeNames.entries()) {
      attributes.push({ name, items: await columns.whole(attributeItems[i] ?? new Int32Array()) });
    }
    const train = await columns.sequences(parts.train);
    const validation = await columns.sequences(parts.validation);
    // Where GPTRec and SAE share their sequences, they lie there once.
    const sae = parts.sae === parts.train ? train : await columns.sequences(parts.sae);
    sections = { attributes, train, validation, sae, test: await columns.sequences(parts.test) };
  } finally {
    await columns.close();
  }
  const texts = { kind, seed, snapshot: sorted(snapshot), items, titles };
  const json = { format: FORMAT, ...texts, ...sections, columns: await hashFile(file) };
  await writeFileAtomic(join(folder, 'split.json'), `${JSON.stringify(json)}\n`);
}

/** Columns one after another, each at a multiple of 8 bytes. */
class ColumnsWriter {
  #end = 0;

  private constructor(private readonly handle: Awaited<ReturnType<typeof open>>) {}

  static async open(file: string): Promise<ColumnsWriter> {
    return new ColumnsWriter(await open(file, 'w'));
  }

  async whole(values: Int32Array): Promise<Column> {
    const [begin, length] = this.reserve(values.length, 4);
    await this.write(values, begin);
    return [begin, length];
  }

  async sequences(source: SequencesSource): Promise<SequencesFile> {
    const { users, offsets } = source;
    const count = offsets.at(-1) ?? 0;
    const section = {
      users: [...users],
      offsets: await this.whole(offsets),
      items: this.reserve(count, 4),
      times: this.reserve(count, 8),
    };
    let row = 0;
    for await (const { items, times } of source.rows()) {
      await this.write(items, section.items[0] + 4 * row);
      await this.write(times, section.times[0] + 8 * row);
      row += items.length;
    }
    if (row !== count) throw new Error(`a part has ${row} rows, its users' lengths add up to ${count}`);
    return section;
  }

  async close(): Promise<void> {
    // The last column may end before its reserved place does.
    await this.handle.truncate(this.#end);
    await this.handle.sync();
    await this.handle.close();
  }

  private reserve(length: number, bytes: number): [begin: number, length: number] {
    const begin = this.#end;
    this.#end += Math.ceil((length * bytes) / 8) * 8;
    return [begin, length];
  }

  private async write(values: Int32Array | Float64Array, at: number): Promise<void> {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    await this.handle.write(bytes, 0, bytes.length, at);
  }
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
