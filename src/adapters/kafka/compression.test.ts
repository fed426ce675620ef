import kafkajs from 'kafkajs';
import { promisify } from 'node:util';
import { gzip, zstdCompress } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { COMPRESSION_TYPES, registerCodecs } from './compression.js';

const MIB = 1024 * 1024;

describe('a batch that expands beyond all measure', () => {
  it.each([
    ['gzip', promisify(gzip)],
    ['zstd', promisify(zstdCompress)],
  ] as const)('is refused: %s', async (name, compress) => {
    registerCodecs();
    const codecs = kafkajs.CompressionCodecs as Record<number, () => { decompress(buffer: Buffer): Promise<Buffer> }>;
    const codec = codecs[COMPRESSION_TYPES[name]]!();
    const small = await compress(Buffer.alloc(MIB));
    expect((await codec.decompress(small)).equals(Buffer.alloc(MIB))).toBe(true);
    const bomb = await compress(Buffer.alloc(257 * MIB));
    expect(bomb.length).toBeLessThan(MIB);
    await expect(codec.decompress(bomb)).rejects.toThrow(/larger than 268435456/);
  });
});
