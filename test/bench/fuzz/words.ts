/** Text that is sound, and unlike what anybody expects. */
import type { Random } from '../../../offline/random.js';

/** First and last code points: controls, ASCII, Latin, combining, right-to-left, CJK, private use, odd ends, emoji, planes. */
const RANGES: readonly (readonly [number, number])[] = [
  [0x00, 0x1f],
  [0x20, 0x7e],
  [0x80, 0x17f],
  [0x300, 0x36f],
  [0x590, 0x6ff],
  [0x200b, 0x202e],
  [0x4e00, 0x9fff],
  [0xe000, 0xf8ff],
  [0xfeff, 0xfeff],
  [0xfff0, 0xffff],
  [0x1f300, 0x1faff],
  [0xe0000, 0x10ffff],
];

/** What JavaScript, Redis and logs have a meaning of their own for. */
export const NAMES = [
  'constructor',
  'toString',
  'hasOwnProperty',
  'prototype',
  '__proto__x',
  '*',
  '{1}',
  '}:{',
  '%s%n',
  '../../etc',
  '\r\n$-1\r\n',
  'null',
  'ＮＦＫＣ',
  'I\u0307',
];

/** So many code points, which is what contracts count; no surrogates alone. */
export function unicode(random: Random, length: number): string {
  const points = Array.from({ length }, () => {
    const [first, last] = RANGES[random.below(RANGES.length)]!;
    return first + random.below(last - first + 1);
  });
  return String.fromCodePoint(...points);
}

export function noise(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.below(256)));
}
