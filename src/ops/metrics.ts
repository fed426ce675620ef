/**
 * The metrics of the service, as Prometheus reads them. Times are in seconds; no label holds what a user could choose, and
 * none grows: checkpoints are named while they serve.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

const STAGE_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const ENGINE_SECONDS = [0.0001, 0.00025, 0.0005, ...STAGE_SECONDS];
const LIST_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const BATCH_RECORDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

/** `checkpoint`: as lists name it; `role`: `main` or `candidate`. */
const CHECKPOINT = ['checkpoint', 'role'] as const;

export type Metrics = ReturnType<typeof createMetrics>;

/** A registry of its own, with what Node tells of the process beside our metrics. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const named = <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []) => ({
    name: `steerstream_${name}`,
    help,
    labelNames: [...labelNames],
    registers: [registry],
  });
  return {
    registry,
    records: new Counter(
      named(
        'records_total',
        'Input records, by topic and what became of them: a changed state, nothing, a dead letter.',
        ['input', 'outcome'],
      ),
    ),
    lists: new Counter(named('lists_total', 'Recommendation lists written.')),
    deadLetters: new Counter(named('dead_letters_total', 'Dead letters written, by reason.', ['reason'])),
    batchRecords: new Histogram({ ...named('batch_records', 'Records of a batch.'), buckets: BATCH_RECORDS }),
    stageSeconds: new Histogram({
      ...named(
        'stage_duration_seconds',
        'Stages of a batch: reduce (decode, read states, reduce), wait (for the turn of the task), recommend, commit, store.',
        ['stage'],
      ),
      buckets: STAGE_SECONDS,
    }),
    eventToList: new Histogram({
      ...named('event_to_list_seconds', 'From the log timestamp of an event to the commit of its list.'),
      buckets: LIST_SECONDS,
    }),
    engineLooks: new Counter(
      named(
        'engine_windows_total',
        'Windows asked for, by what was kept of them: all (same), all but the last item (longer), nothing (none).',
        ['kept'],
      ),
    ),
    engineBatches: new Counter(
      named(
        'engine_batches_total',
        'Batches of the engine, by which items had their scores in full: those that a search left (left), or all.',
        ['scored'],
      ),
    ),
    engineBatch: new Histogram({
      ...named('engine_batch_requests', 'Requests of a batch of the engine, by what it computed of each.', ['kind']),
      buckets: BATCH_RECORDS,
    }),
    engineSeconds: new Histogram({
      ...named('engine_stage_duration_seconds', 'Stages of a batch of the engine.', ['kind', 'stage']),
      buckets: ENGINE_SECONDS,
    }),
    engineWaiting: new Gauge(
      named('engine_waiting_requests', 'Requests that wait for a worker of the engine.', ['urgency']),
    ),
    engineRefused: new Counter(
      named('engine_refused_total', 'Calls that the engine refused since too many requests wait.', ['urgency']),
    ),
    engineCached: new Gauge(named('engine_cached_bytes', 'What the engine keeps of windows.')),
    engineDeaths: new Counter(named('engine_worker_deaths_total', 'Workers of the engine that died.')),
    takeOvers: new Counter(named('take_overs_total', 'Tasks taken over.')),
    healed: new Counter(
      named('healed_records_total', 'Records that states were made from again, without lists.', ['input']),
    ),
    interruptions: new Counter(
      named('task_interruptions_total', 'Tasks that were lost (taken over again), paused (tried again), or stopped.', [
        'kind',
      ]),
    ),
    lag: new Gauge(
      named('task_lag_records', 'Records between a task and the end of its log, as last looked at.', ['partition']),
    ),
    batchLimit: new Gauge(
      named('task_batch_limit_records', 'Most records of the next batch of a task.', ['partition']),
    ),
    phase: new Gauge(named('task_phase', '1 for the phase that a task is in.', ['partition', 'phase'])),
    checkpoint: new Gauge(named('checkpoint_sequence', 'Number of the checkpoint that serves.')),
    candidate: new Gauge(named('candidate_sequence', 'Number of the newest candidate that serves; 0: none.')),
    candidateShare: new Gauge(named('candidate_share_ratio', 'Share of the users that it is for.')),
    checkpointOverlap: new Gauge(
      named('checkpoint_overlap_ratio', 'Share of the top 10 of what it was compared with that is in its own.', [
        ...CHECKPOINT,
      ]),
    ),
    checkpointAttributes: new Gauge(
      named('checkpoint_attributes', 'Attributes that it can no longer steer, or can steer newly.', [
        ...CHECKPOINT,
        'change',
      ]),
    ),
    checkpointRefusals: new Counter(named('checkpoint_refusals_total', 'Checkpoints that were published and refused.')),
    checkpointLists: new Counter(
      named('checkpoint_lists_total', 'Lists made, by checkpoint and by where the ranking comes from.', [
        ...CHECKPOINT,
        'ranking',
      ]),
    ),
    checkpointSeconds: new Histogram({
      ...named('checkpoint_recommend_seconds', 'Recommending for the users of one checkpoint in a batch.', CHECKPOINT),
      buckets: STAGE_SECONDS,
    }),
    gainsWithoutEffect: new Counter(
      named('gains_without_effect_total', 'Gains of the lists made that the checkpoint cannot steer.', CHECKPOINT),
    ),
    catalogueItems: new Gauge(named('catalogue_items', 'Items of the catalogue.')),
    catalogueRejected: new Gauge(
      named('catalogue_rejected_records', 'Catalogue records that could not be used, since the start.'),
    ),
  };
}
