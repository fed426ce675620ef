/** What is told of the checkpoints that serve: to the log when they change, to the metrics always. */
import type { Logger } from '../ops/logger.js';
import type { Metrics } from '../ops/metrics.js';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { WHOLE_SHARE } from '../ports/checkpoint-store.js';
import type { Serving, ServingModel, ServingModelOptions } from '../recommend/serving-model.js';

/** Attributes that a line of the log names. */
const NAMED = 20;

const isCandidate = ({ share }: Pick<Serving, 'share'>): boolean => share < WHOLE_SHARE;

const labelsOf = (serving: Pick<Serving, 'id' | 'share'>) => ({
  checkpoint: serving.id,
  role: isCandidate(serving) ? 'candidate' : 'main',
});

/** Which attributes can no longer be steered, and how many could not be before. */
export function steeredChange(before: Checkpoint, after: Checkpoint): { vanished: readonly string[]; added: number } {
  const names = ({ steeringMap }: Checkpoint): ReadonlySet<string> =>
    new Set(steeringMap.attributes.map(({ attribute }) => attribute));
  const [old, now] = [names(before), names(after)];
  return {
    vanished: [...old].filter((name) => !now.has(name)).sort(),
    added: [...now].filter((name) => !old.has(name)).length,
  };
}

export function reportCheckpoints(
  metrics: Metrics,
  logger: Logger,
  engine: string,
): Required<Pick<ServingModelOptions, 'onSwap' | 'onRefusal' | 'onLists'>> {
  return {
    onSwap(serving, before) {
      const { id, share, overlap, checkpoint } = serving;
      const map = checkpoint.featureMaps.find(({ content }) => before?.id.endsWith(`-${content}`));
      const { vanished, added } = before ? steeredChange(before.checkpoint, checkpoint) : { vanished: [], added: 0 };
      logger.info(share === WHOLE_SHARE ? 'checkpoint serves' : 'candidate serves', {
        checkpoint: id,
        engine,
        ...(share < WHOLE_SHARE && { share }),
        ...(overlap !== undefined && { overlap: Number(overlap.toFixed(3)) }),
        ...(map && { sharedFeatures: map.features.length }),
        ...(before && { before: before.id, newAttributes: added, vanishedAttributes: vanished.length }),
      });
      if (vanished.length > 0) {
        const more = { ...(vanished.length > NAMED && { more: vanished.length - NAMED }) };
        logger.warn('gains on these attributes have no effect now', { attributes: vanished.slice(0, NAMED), ...more });
      }
      const labels = labelsOf(serving);
      // Counters begin at 0, so that their first increase shows.
      metrics.gainsWithoutEffect.inc(labels, 0);
      for (const ranking of ['model', 'popular']) metrics.checkpointLists.inc({ ...labels, ranking }, 0);
      metrics.checkpointAttributes.set({ ...labels, change: 'vanished' }, vanished.length);
      metrics.checkpointAttributes.set({ ...labels, change: 'new' }, added);
    },
    onRefusal({ sequence, reason }) {
      metrics.checkpointRefusals.inc();
      logger.error('checkpoint refused', { sequence, reason });
    },
    onLists({ serving, lists, ms }) {
      const labels = labelsOf(serving);
      metrics.checkpointSeconds.observe(labels, ms / 1000);
      for (const { reason, effects } of lists) {
        metrics.checkpointLists.inc({ ...labels, ranking: reason.ranking });
        const without = effects.filter(({ method }) => method === 'none').length;
        if (without > 0) metrics.gainsWithoutEffect.inc(labels, without);
      }
    },
  };
}

/** At each scrape. Of several candidates the newest has the gauges that name none. */
export function setCheckpointGauges(metrics: Metrics, model: Pick<ServingModel, 'current' | 'all'>): void {
  const candidate = model.all.find(isCandidate);
  if (model.current) metrics.checkpoint.set(model.current.sequence);
  metrics.candidate.set(candidate?.sequence ?? 0);
  metrics.candidateShare.set((candidate?.share ?? 0) / WHOLE_SHARE);
  metrics.checkpointOverlap.reset();
  for (const one of model.all) {
    if (one.overlap !== undefined) metrics.checkpointOverlap.set(labelsOf(one), one.overlap);
  }
}

/** After a scrape, which told once more of those that are gone. @param ids of those that serve, or did as it began */
export async function forgetCheckpoints(metrics: Metrics, ids: ReadonlySet<string>): Promise<void> {
  const { checkpointLists, checkpointSeconds, checkpointAttributes, gainsWithoutEffect } = metrics;
  for (const metric of [checkpointLists, checkpointSeconds, checkpointAttributes, gainsWithoutEffect]) {
    for (const { labels } of (await metric.get()).values) {
      const { le: _, ...named } = labels as Record<string, string | number>;
      if (!ids.has(String(named['checkpoint']))) metric.remove(named);
    }
  }
}
