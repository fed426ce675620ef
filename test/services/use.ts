/**
 * The servers that test files share. Ask at the top of a file, before its tests, so that no test's time limit counts a
 * start: `const brokers = await useKafka();`
 *
 * A test that kills or stops a server starts its own (`startKafka()`, `startRedis()`).
 */
import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import type { Kind } from './kinds.js';

/** `host:port` of a broker; its topics belong to whoever made them (`uniqueName`). */
export function useKafka(): Promise<string> {
  return askFor('kafka');
}

/** The URL of a Redis; its keys belong to whoever made them (`uniqueName`), so never flush it. */
export function useRedis(): Promise<string> {
  return askFor('redis');
}

/** The base of a schema registry's Confluent-compatible API. */
export function useRegistry(): Promise<string> {
  return askFor('registry');
}

/** The address of an S3 server that takes `test` as key id and secret; buckets belong to whoever made them (`uniqueName`). */
export function useS3(): Promise<string> {
  return askFor('s3');
}

/** A name that nobody else has: for topics, groups, transactional ids, subjects, buckets and key prefixes. */
export function uniqueName(purpose: string): string {
  return `${purpose}-${randomUUID().slice(0, 13)}`;
}

/** The address of a server of this kind. Throws with the coordinator's reason where there is none. */
export async function askFor(kind: Kind, url = inject('services')): Promise<string> {
  const response = await fetch(`${url}/${kind}`);
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text;
}
