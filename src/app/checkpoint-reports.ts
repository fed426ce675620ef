/** What is told of the checkpoints that serve: to the log when they change, to the metrics always. */
import type { Logger } from '../ops/logger.js';
import type { Metrics } from '../ops/metrics.js';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { WHOLE_SHARE } from '../ports/checkpoint-store.js';
import type { Serving, ServingModel, ServingModelOptions } from '../recommend/serving-model.js';

export const ROLES = ['main', 'candidate'] as const;
export type Role = (typeof ROLES)[number];

/** Attributes that a line of the log names. */
const NAMED = 20;

export const roleOf = ({ share }: Pick<Serving, 'share'>): Role => (share === WHOLE_SHARE ? 'main' : 'candidate');

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
  for (const role of ROLES) {
    metrics.gainsWithoutEffect.inc({ role }, 0);
    for (const ranking of ['model', 'popular']) metrics.checkpointLists.inc({ role, ranking }, 0);
  }
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
      metrics.checkpointAttributes.set({ role: roleOf(serving), change: 'vanished' }, vanished.length);
      metrics.checkpointAttributes.set({ role: roleOf(serving), change: 'new' }, added);
    },
    onRefusal({ sequence, reason }) {
      metrics.checkpointRefusals.inc();
      logger.error('checkpoint refused', { sequence, reason });
    },
    onLists({ serving, lists, ms }) {
      const role = roleOf(serving);
      metrics.checkpointSeconds.observe({ role }, ms / 1000);
      for (const { reason, effects } of lists) {
        metrics.checkpointLists.inc({ role, ranking: reason.ranking });
        const without = effects.filter(({ method }) => method === 'none').length;
        if (without > 0) metrics.gainsWithoutEffect.inc({ role }, without);
      }
    },
  };
}

/** At each scrape. Of several candidates the newest is told. */
export function setCheckpointGauges(metrics: Metrics, model: Pick<ServingModel, 'current' | 'all'>): void {
  const candidate = model.all.find((one) => roleOf(one) === 'candidate');
  if (model.current) metrics.checkpoint.set(model.current.sequence);
  metrics.candidate.set(candidate?.sequence ?? 0);
  metrics.candidateShare.set((candidate?.share ?? 0) / WHOLE_SHARE);
  metrics.checkpointOverlap.reset();
  for (const [role, one] of [
    ['main', model.current],
    ['candidate', candidate],
  ] as const) {
    if (one?.overlap !== undefined) metrics.checkpointOverlap.set({ role }, one.overlap);
  }
  if (candidate === undefined) {
    for (const change of ['vanished', 'new']) metrics.checkpointAttributes.remove({ role: 'candidate', change });
  }
}
