/** The compression codecs of Kafka beside gzip, which kafkajs has. Each is read; one may be chosen for what is written. */
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import kafkajs, { type CompressionTypes as CompressionType } from 'kafkajs';
import lz4 from 'lz4-napi';
import snappy from 'snappy';
import type { Compression } from './options.js';

const { CompressionCodecs, CompressionTypes } = kafkajs;

interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>;
  decompress(buffer: Buffer): Promise<Buffer>;
}

const zstd: Codec = {
  compress: ({ buffer }) => promisify(zstdCompress)(buffer),
  decompress: (buffer) => promisify(zstdDecompress)(buffer),
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
