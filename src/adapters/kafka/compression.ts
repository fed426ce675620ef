/** The compression codecs of Kafka. Each is read; one may be chosen for what is written. */
import { promisify } from 'node:util';
import { gzip, unzip, zstdCompress, zstdDecompress } from 'node:zlib';
import kafkajs, { type CompressionTypes as CompressionType } from 'kafkajs';
import lz4 from 'lz4-napi';
import snappy from 'snappy';
import type { Compression } from './options.js';
import type { BatchCodec } from './record-batch.js';

const { CompressionCodecs, CompressionTypes } = kafkajs;

interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>;
  decompress(buffer: Buffer): Promise<Buffer>;
}

/**
 * What a batch may expand to. Brokers bound its compressed bytes alone (1 MiB unless told otherwise), and these two can
 * expand a thousandfold and more; lz4 stays below 256 times, snappy far below.
 */
const LIMIT = { maxOutputLength: 256 * 1024 * 1024 };

/** kafkajs has one of its own, without a limit. */
const gzipped: Codec = {
  compress: ({ buffer }) => promisify(gzip)(buffer),
  decompress: (buffer) => promisify(unzip)(buffer, LIMIT),
};

const zstd: Codec = {
  compress: ({ buffer }) => promisify(zstdCompress)(buffer),
  decompress: (buffer) => promisify(zstdDecompress)(buffer, LIMIT),
};

const lz4Frames: Codec = {
  compress: ({ buffer }) => lz4.compressFrame(buffer),
  decompress: (buffer) => lz4.decompressFrame(buffer),
};

/** Java's snappy streams: this head, two version numbers, then blocks of a length and bare snappy. */
const XERIAL_HEAD = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const XERIAL_HEAD_LENGTH = XERIAL_HEAD.length + 8;

const snappyBlocks: Codec = {
  compress: ({ buffer }) => snappy.compress(buffer),
  async decompress(buffer) {
    if (!buffer.subarray(0, XERIAL_HEAD.length).equals(XERIAL_HEAD)) return bare(buffer);
    const blocks: Buffer[] = [];
    for (let at = XERIAL_HEAD_LENGTH; at < buffer.length; ) {
      const end = at + 4 + buffer.readUInt32BE(at);
      blocks.push(await bare(buffer.subarray(at + 4, end)));
      at = end;
    }
    return Buffer.concat(blocks);
  },
};

async function bare(block: Buffer): Promise<Buffer> {
  return Buffer.from(await snappy.uncompress(block));
}

/** Makes kafkajs know the codecs, in this process. */
export function registerCodecs(): void {
  CompressionCodecs[CompressionTypes.GZIP] = () => gzipped;
  CompressionCodecs[CompressionTypes.ZSTD] = () => zstd;
  CompressionCodecs[CompressionTypes.LZ4] = () => lz4Frames;
  CompressionCodecs[CompressionTypes.Snappy] = () => snappyBlocks;
}

export const COMPRESSION_TYPES: Readonly<Record<Compression, CompressionType>> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};

const CODECS = { gzip: gzipped, snappy: snappyBlocks, lz4: lz4Frames, zstd } as const;

/** What compresses the records of a batch; undefined for `none`. */
export function batchCodec(compression: Compression): BatchCodec | undefined {
  if (compression === 'none') return undefined;
  const codec = CODECS[compression];
  return { type: COMPRESSION_TYPES[compression], compress: (buffer) => codec.compress({ buffer }) };
}

/** @param type as a batch's attributes have it @throws Error for one that Kafka does not have, or bytes that are none */
export function decompress(type: number, bytes: Buffer): Promise<Buffer> {
  const codecs: Readonly<Record<number, () => Codec>> = CompressionCodecs;
  const codec = codecs[type];
  if (codec === undefined) throw new Error(`it has an unknown compression, ${type}`);
  return codec().decompress(bytes);
}
