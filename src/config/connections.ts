/** The variables that say how Kafka, Redis, a schema registry and a bucket are reached. Read only where others ask. */
import { z } from 'zod';
import { list, oneOf, optional, pem, secret, text, variable, whole } from './variable.js';

const ADDRESS = /^(\[[\da-fA-F:]+\]|[\w.-]+):\d{1,5}$/;

export const KAFKA_VARIABLES = {
  KAFKA_BROKERS: list('`host:port`, several with commas', 'Some brokers of the Kafka cluster.', ADDRESS),
  KAFKA_CLIENT_ID: text('steerstream', 'text', 'What the brokers call this client in their logs and quotas.'),
  KAFKA_TLS: oneOf(['off', 'on'], 'off', 'Whether the brokers are reached by TLS.'),
  KAFKA_CA: pem('Authority that signed the brokers’ certificates; those that Node trusts unless given.'),
  KAFKA_CERT: pem('Certificate of this client, where the brokers ask for one.'),
  KAFKA_KEY: pem('Key of that certificate.'),
  KAFKA_SASL: oneOf(
    ['none', 'plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'],
    'none',
    'How this client says who it is.',
  ),
  KAFKA_USERNAME: optional('text', 'User, for `plain` and `scram`.'),
  KAFKA_PASSWORD: secret('Password of that user.'),
  KAFKA_TOKEN_FILE: optional('a file', 'File with a token, for `oauthbearer`; read again at every authentication.'),
  KAFKA_COMPRESSION: oneOf(
    ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
    'none',
    'Compression of what is written. All of them are read.',
  ),
  KAFKA_SESSION: whole(10, 1, 300, 'Seconds after which an instance that is silent has lost its tasks.'),
  KAFKA_REBALANCE: whole(30, 1, 600, 'Seconds that a rebalance waits for batches in flight.'),
} as const;

export const REDIS_VARIABLES = {
  REDIS_URL: secret(
    'Where Redis is: `redis://host:6379/0`, `redis+sentinel://host:26379,host:26379/name`, ' +
      '`redis+cluster://host:6379,host:6379`; `rediss` with TLS; `user:password@` before the hosts.',
  ),
  REDIS_SENTINEL_USERNAME: optional('text', 'User of the Sentinels themselves, where they have one.'),
  REDIS_SENTINEL_PASSWORD: secret('Password that the Sentinels ask for; the one in `REDIS_URL` is the master’s.'),
  REDIS_NAMESPACE: optional(
    'letters, digits, `.`, `_`, `-`; at most 200',
    'Begins every key; `GROUP` unless given. States follow one group’s offsets, so each group needs its own.',
    /^[\w.-]{1,200}$/,
  ),
  REDIS_CA: pem('Authority that signed Redis’s certificate; those that Node trusts unless given.'),
  REDIS_CERT: pem('Certificate of this client, where Redis asks for one.'),
  REDIS_KEY: pem('Key of that certificate.'),
  REDIS_TIMEOUT: whole(5, 1, 60, 'Seconds that a call may take. A write without an answer is a case for healing.'),
} as const;

export const REGISTRY_VARIABLES = {
  WIRE: oneOf(
    ['single-object', 'confluent'],
    'single-object',
    'How records are framed: Avro single-object encoding, or Confluent’s with a schema registry. With a registry both are read.',
  ),
  REGISTRY_URL: list('addresses, several with commas', 'Schema registry, for `WIRE=confluent`.', /^https?:\/\/\S+$/),
  REGISTRY_USERNAME: optional('text', 'User of the registry.'),
  REGISTRY_PASSWORD: secret('Password of that user.'),
  REGISTRY_TOKEN_FILE: optional('a file', 'File with a bearer token, instead of a user; read again at every request.'),
  REGISTRY_CA: pem('Authority that signed the registry’s certificate; those that Node trusts unless given.'),
  REGISTRY_REGISTER: oneOf(
    ['on', 'off'],
    'on',
    'Whether our schemas are registered where they are missing; else they must be there.',
  ),
} as const;

/** Bucket and prefix, which neither begins nor ends with a slash. */
export const S3_PLACE = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(?:([^\s/](?:[^\s]*[^\s/])?)\/?)?)?$/;

export const CHECKPOINT_VARIABLES = {
  CHECKPOINTS: variable(
    {
      fallback: '',
      allowed: 'a folder, or `s3://bucket/prefix`',
      about: 'Where published checkpoints lie; `DIR/checkpoints` unless given.',
    },
    z.string().refine((place) => !/^s3:/i.test(place) || S3_PLACE.test(place)),
  ),
  CHECKPOINT_POLL: whole(5, 1, 3600, 'Seconds between two looks for a newer checkpoint.'),
  S3_ENDPOINT: optional(
    'an address',
    'Store of the bucket, where it is not Amazon’s. Credentials come from the environment, a profile or a role, as ' +
      'Amazon’s clients find them.',
    /^https?:\/\/\S+$/,
  ),
  S3_REGION: optional('text', 'Region of the bucket; that of the environment or the profile unless given.'),
  S3_PATH_STYLE: oneOf(
    ['off', 'on'],
    'off',
    'Whether the bucket is a part of the path, not of the host’s name, as many stores that are not Amazon’s want it.',
  ),
} as const;
