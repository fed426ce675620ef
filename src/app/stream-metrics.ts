/** What the stream reports, as metrics; and what only a look tells, at each scrape. */
import { DEAD_LETTER_REASONS } from '../events/events.js';
import type { Metrics } from '../ops/metrics.js';
import type { ServingModel } from '../recommend/serving-model.js';
import type { Processor } from '../stream/processor.js';
import { forgetCheckpoints, setCheckpointGauges } from './checkpoint-reports.js';
import { type BatchReport, INTERRUPTIONS, type Observe, OUTCOMES } from '../stream/report.js';
import { INPUTS } from '../stream/task-context.js';
import { TASK_PHASES } from '../stream/task-status.js';

/** Counters of what is known beforehand begin at 0, so that their first increase shows. */
export function observeStream(metrics: Metrics): Observe {
  for (const input of INPUTS) {
    metrics.healed.inc({ input }, 0);
    for (const outcome of OUTCOMES) metrics.records.inc({ input, outcome }, 0);
  }
  for (const reason of DEAD_LETTER_REASONS) metrics.deadLetters.inc({ reason }, 0);
  for (const kind of INTERRUPTIONS) metrics.interruptions.inc({ kind }, 0);
  return (report) => {
    if (report.kind === 'batch') countBatch(metrics, report);
    else if (report.kind === 'stored') metrics.stageSeconds.observe({ stage: 'store' }, report.ms / 1000);
    else if (report.kind === 'taken-over') metrics.takeOvers.inc();
    else if (report.kind === 'healed') metrics.healed.inc({ input: report.input }, report.records);
    else metrics.interruptions.inc({ kind: report.how });
  };
}

/** The page that Prometheus reads. */
export async function scrape(
  metrics: Metrics,
  model: Pick<ServingModel, 'current' | 'all'>,
  processor: Pick<Processor, 'status'>,
): Promise<string> {
  const { catalogue, tasks } = processor.status();
  metrics.catalogueItems.set(catalogue.items);
  metrics.catalogueRejected.set(catalogue.rejected);
  setCheckpointGauges(metrics, model);
  // A task that was given up is another instance's to tell of.
  for (const gauge of [metrics.lag, metrics.batchLimit, metrics.phase]) gauge.reset();
  for (const { partition, phase, lag, batchLimit } of tasks) {
    if (lag !== undefined) metrics.lag.set({ partition }, lag);
    metrics.batchLimit.set({ partition }, batchLimit);
    for (const one of TASK_PHASES) metrics.phase.set({ partition, phase: one }, one === phase ? 1 : 0);
  }
  const serving = model.all.map(({ id }) => id);
  const page = await metrics.registry.metrics();
  await forgetCheckpoints(metrics, new Set([...serving, ...model.all.map(({ id }) => id)]));
  return page;
}

function countBatch(metrics: Metrics, report: BatchReport): void {
  for (const [input, outcomes] of Object.entries(report.outcomes)) {
    for (const [outcome, count] of Object.entries(outcomes)) metrics.records.inc({ input, outcome }, count);
  }
  metrics.lists.inc(report.lists);
  for (const reason of report.deadReasons) metrics.deadLetters.inc({ reason });
  metrics.batchRecords.observe(report.records);
  for (const [stage, ms] of Object.entries(report.stages)) metrics.stageSeconds.observe({ stage }, ms / 1000);
  // The log's clock may be ahead of ours.
  for (const ms of report.ages) metrics.eventToList.observe(Math.max(0, ms) / 1000);
}
