/** The variables of the environment: what each is, and how its text becomes a value. */
import { z } from 'zod';
import { CHECKPOINT_VARIABLES, KAFKA_VARIABLES, REDIS_VARIABLES, REGISTRY_VARIABLES } from './connections.js';
import { type About, oneOf, text, topic, variable, whole } from './variable.js';

export const PREFIX = 'STEERSTREAM_';

/** What becomes of items that a user has seen: never listed, listed, or listed again after some days. */
export type Seen =
  | { readonly kind: 'exclude' }
  | { readonly kind: 'allow' }
  | { readonly kind: 'days'; readonly days: number };

const SeenSchema = z
  .string()
  .regex(/^(exclude|allow|days:[1-9]\d{0,3})$/)
  .transform((value): Seen => {
    if (value === 'exclude' || value === 'allow') return { kind: value };
    return { kind: 'days', days: Number(value.slice('days:'.length)) };
  });

export type Meaning = 'sequence' | 'hide' | 'ignore';

const KindsSchema = z
  .string()
  .regex(/^[^,:]+:(sequence|hide|ignore)(,[^,:]+:(sequence|hide|ignore))*$/)
  .transform((value): Record<string, Meaning> => {
    const pairs = value.split(',').map((pair) => pair.split(':').map((part) => part.trim()) as [string, Meaning]);
    return { '*': 'sequence', ...Object.fromEntries(pairs) };
  });

/** Keys are the names without their prefix. */
export const EnvironmentSchema = z.object({
  DIR: text('.steerstream', 'a folder', 'Where the embedded log and store keep their files.'),
  HOST: text(
    '127.0.0.1',
    'a host name or address',
    'Address that HTTP listens on. There is no access control yet: whoever reaches it can read and change any ' +
      'equalizer, so leave it on loopback or put a gateway before it.',
  ),
  PORT: whole(3000, 0, 65_535, 'Port that HTTP listens on; 0 takes any free one.'),
  LOG: oneOf(['embedded', 'kafka'], 'embedded', 'Which log the service reads and writes.'),
  STORE: oneOf(['embedded', 'redis'], 'embedded', 'Which store keeps the users’ states.'),
  ...KAFKA_VARIABLES,
  ...REDIS_VARIABLES,
  ...REGISTRY_VARIABLES,
  ...CHECKPOINT_VARIABLES,
  ENGINE: oneOf(
    ['onnx', 'auto', 'wasm', 'tensorflow'],
    'onnx',
    'What computes: ONNX Runtime, which keeps what it computed of users; or TensorFlow.js on WebAssembly or on native TensorFlow (`npm run native`), `auto` on the faster one present.',
  ),
  ENGINE_PROVIDER: oneOf(
    ['cpu', 'webgpu', 'cuda'],
    'cpu',
    'What ONNX Runtime computes on. `webgpu` needs a GPU and its driver, `cuda` also libraries that npm does not bring.',
  ),
  ENGINE_THREADS: whole(
    0,
    0,
    1024,
    'Workers that compute beside the main thread, for `onnx`; 0: one less than there are cores, at least one, and one on a GPU.',
  ),
  ENGINE_QUEUE: whole(
    1024,
    1,
    1_000_000,
    'Requests of HTTP that wait for a worker at most; beyond it the answer is 503. The stream asks for four batches at once at most.',
  ),
  CACHE_MB: whole(
    1024,
    0,
    1_000_000,
    'MiB for what `onnx` keeps of users’ windows: 12 KiB a user at least, 48 KiB at 64 items of a model of 3 layers and width 64. Memory is taken as it is used.',
  ),
  GROUP: text(
    'steerstream',
    'letters, digits, `.`, `_`, `-`; at most 200',
    'Consumer group: instances with the same one share the work.',
    /^[\w.-]{1,200}$/,
  ),
  TOPIC_INTERACTIONS: topic('interactions', 'Topic of interactions, keyed by user.'),
  TOPIC_PROFILES: topic('profiles', 'Topic of profile events, keyed by user, with as many partitions.'),
  TOPIC_CATALOGUE: topic('catalogue', 'Topic of catalogue items, keyed by item.'),
  TOPIC_RECOMMENDATIONS: topic('recommendations', 'Topic that recommendation lists are written to.'),
  TOPIC_DEAD_LETTERS: topic('dead-letters', 'Topic that unusable records are written to.'),
  PARTITIONS: whole(
    4,
    1,
    1024,
    'Partitions of topics that the embedded log has to make. On Kafka, `npm run topics` makes them.',
  ),
  START: oneOf(
    ['latest', 'earliest'],
    'latest',
    'On a first start: make lists for what comes from now on, or for all of history. States come from all of it.',
  ),
  HEAL_FROM: oneOf(
    ['require', 'available'],
    'require',
    'On a first start on a log whose beginning is gone: stop, or make states from what is there.',
  ),
  EMIT: oneOf(
    ['every-event', 'latest-per-batch'],
    'every-event',
    'A list for every event, or for the last event of every user of a batch.',
  ),
  LIST_SIZE: whole(10, 1, 500, 'Items of a list.'),
  COLD_ITEMS: whole(
    200,
    0,
    5000,
    'Items that the checkpoint does not know yet and that can be listed, the newest of the catalogue; 0: none.',
  ),
  SEEN: variable(
    {
      fallback: 'exclude',
      allowed: '`exclude`, `allow`, or `days:N` with N from 1 to 9999',
      about: 'Whether items that a user has seen are listed: never, always, or N days after.',
    },
    SeenSchema,
  ),
  SEEN_ITEMS: whole(2000, 0, 100_000, 'Distinct seen items remembered for a user. Changing it needs a new store.'),
  SEQUENCE_LENGTH: whole(200, 1, 5000, 'Interactions of a rolling sequence. Changing it needs a new store.'),
  KINDS: variable(
    {
      fallback: 'dislike:hide,hide:hide,impression:ignore,*:sequence',
      allowed: 'a list such as `dislike:hide,*:sequence`; meanings `sequence`, `hide`, `ignore`',
      about: 'What each kind of interaction means; `*` stands for the others. Changing it needs a new store.',
    },
    KindsSchema,
  ),
  BATCH: whole(500, 1, 10_000, 'Records of a task processed together at most.'),
  HOT_STATES: whole(
    1000,
    0,
    1_000_000,
    'Users whose states a task keeps in memory beside the store, some 20 KB each. As many more, 1000 at least, and those of a batch may wait there to be written.',
  ),
  BATCH_MS: whole(
    100,
    1,
    60_000,
    'Batches are made so large that reading, reducing and recommending takes about so many milliseconds.',
  ),
  MAX_RECORD_BYTES: whole(1_048_576, 1024, 104_857_600, 'Larger input records become dead letters.'),
  LOG_LEVEL: oneOf(['debug', 'info', 'warn', 'error', 'silent'], 'info', 'What is written to stderr, as JSON lines.'),
});

export type Environment = z.output<typeof EnvironmentSchema>;

/** Name and description of every variable, for docs/configuration.md. */
export function variables(): readonly (About & { readonly name: string })[] {
  return Object.entries(EnvironmentSchema.shape).map(([key, schema]) => ({
    name: PREFIX + key,
    ...(schema.meta() as unknown as About),
  }));
}
