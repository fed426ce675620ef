/** What an error of kafkajs means to the loop. */
import { setTimeout as sleep } from 'node:timers/promises';
import { OwnershipLost, TopicMissing, Unavailable } from '../../ports/errors.js';

/** The producer is dead: a newer one has its transactional id, or the broker forgot it. kafkajs knows no PRODUCER_FENCED. */
const FENCED = new Set([
  'INVALID_PRODUCER_EPOCH',
  'INVALID_TXN_STATE',
  'INVALID_PRODUCER_ID_MAPPING',
  'UNKNOWN_PRODUCER_ID',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'TRANSACTION_COORDINATOR_FENCED',
]);

/** What a coordinator says that has just started or moved. */
const PASSING = new Set([
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
  'NOT_LEADER_FOR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  // Of a topic that is known to exist: a broker that does not know yet.
  'UNKNOWN_TOPIC_OR_PARTITION',
]);
/** Ms. */
const PATIENCE = 3000;
const FIRST_PAUSE = 20;

interface ErrorParts {
  readonly name?: unknown;
  readonly type?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly originalError?: unknown;
}

/** The Kafka error names of an error and of what caused it, such as UNKNOWN_TOPIC_OR_PARTITION. */
export function kafkaTypes(error: unknown): readonly string[] {
  const types: string[] = [];
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; depth += 1) {
    const { type, cause, originalError } = at as ErrorParts;
    if (typeof type === 'string') types.push(type);
    at = cause ?? originalError;
  }
  return types;
}

export function isFenced(error: unknown): boolean {
  return kafkaTypes(error).some((type) => FENCED.has(type));
}

export function isPassing(error: unknown): boolean {
  return kafkaTypes(error).some((type) => PASSING.has(type));
}

/** Ours pass; kafkajs's and the network's become Unavailable, or what they name; others are faults. */
export function translate(error: unknown, doing: string): unknown {
  if (!(error instanceof Error) || isPortError(error)) return error;
  if (isFenced(error))
    return new OwnershipLost(`Kafka refused to ${doing}: a newer owner fenced this one`, { cause: error });
  if (!isOfKafka(error)) return error;
  return new Unavailable(`Kafka could not ${doing}: ${reason(error)}`, { cause: error });
}

/** @throws what an operation's error means */
export async function translated<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translate(error, doing);
  }
}

/** For reading, which does no harm twice: tries for a while what a broker that starts or moves refuses. */
export async function patiently<T>(doing: string, work: () => Promise<T>): Promise<T> {
  const until = performance.now() + PATIENCE;
  for (let pause = FIRST_PAUSE; ; pause *= 2) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error) || performance.now() + pause > until) throw translate(error, doing);
      await sleep(pause);
    }
  }
}

function reason(error: Error): string {
  const types = kafkaTypes(error);
  if (types.some((type) => type.endsWith('AUTHORIZATION_FAILED'))) {
    return `${error.message} (${types[0]}): grant this client the rights listed in docs/operations.md`;
  }
  if (types.includes('MESSAGE_TOO_LARGE')) return `${error.message}: raise max.message.bytes of the topics written to`;
  // kafkajs does not read the broker's answer to a token.
  if (types.includes('ILLEGAL_SASL_STATE')) return 'authentication failed, the broker did not accept the token';
  return error.message;
}

function isPortError(error: Error): boolean {
  return error instanceof Unavailable || error instanceof OwnershipLost || error instanceof TopicMissing;
}

function isOfKafka(error: Error): boolean {
  const { name, code } = error as ErrorParts;
  return String(name).startsWith('KafkaJS') || (typeof code === 'string' && code.startsWith('E'));
}
