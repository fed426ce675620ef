/** CRC-32C (Castagnoli), four bytes at a time: Kafka's checksum of a batch. Node's zlib has the other CRC-32 alone. */

const POLYNOMIAL = 0x82f63b78;

/** TABLES[k][b]: the remainder of byte b with k zero bytes after it. */
const TABLES = [new Int32Array(256), new Int32Array(256), new Int32Array(256), new Int32Array(256)] as const;
const [T0, T1, T2, T3] = TABLES;
for (let byte = 0; byte < 256; byte += 1) {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit += 1) remainder = (remainder >>> 1) ^ (remainder & 1 ? POLYNOMIAL : 0);
  T0[byte] = remainder;
}
for (let k = 1; k < 4; k += 1) {
  for (let byte = 0; byte < 256; byte += 1) {
    const shorter = at(TABLES[k - 1] ?? T0, byte);
    (TABLES[k] ?? T0)[byte] = (shorter >>> 8) ^ at(T0, shorter & 0xff);
  }
}

/** Of the bytes from `from` on; an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array, from = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const whole = bytes.length - ((bytes.length - from) & 3);
  let crc = -1;
  let i = from;
  for (; i < whole; i += 4) {
    crc ^= view.getInt32(i, true);
    crc = at(T3, crc & 0xff) ^ at(T2, (crc >>> 8) & 0xff) ^ at(T1, (crc >>> 16) & 0xff) ^ at(T0, crc >>> 24);
  }
  for (; i < bytes.length; i += 1) crc = (crc >>> 8) ^ at(T0, (crc ^ view.getUint8(i)) & 0xff);
  return ~crc >>> 0;
}

function at(table: Int32Array, index: number): number {
  return table[index] ?? 0;
}
