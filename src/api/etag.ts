/** An equalizer's version as an entity tag (RFC 9110). */
import { HttpStatus } from '@nestjs/common';
import { Problem } from './problem.js';

/** `"5"` for version 5. */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/**
 * The version that If-Match asks for; null when it asks for none (absent, or `*`). A tag that a proxy weakened counts.
 * @throws Problem 400 for anything but one tag of ours.
 */
export function expectedVersion(ifMatch: string | undefined): number | null {
  if (ifMatch === undefined || ifMatch.trim() === '*') return null;
  const match = /^(?:W\/)?"(\d{1,15})"$/.exec(ifMatch.trim());
  if (match === null)
    throw new Problem(HttpStatus.BAD_REQUEST, 'If-Match must be one ETag of this equalizer, such as "3", or *.');
  return Number(match[1]);
}
