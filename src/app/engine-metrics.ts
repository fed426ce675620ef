/** What the engine reports, as metrics; what should not happen, in the log too. */
import type { Logger } from '../ops/logger.js';
import type { Metrics } from '../ops/metrics.js';
import type { EngineObserver } from '../ports/engine.js';

/** `onFault` is told when a model answers no more: nobody else hears of it while the stream asks for nothing. */
export function observeEngine(metrics: Metrics, logger: Logger, onFault: (error: unknown) => void): EngineObserver {
  for (const kept of ['same', 'longer', 'none']) metrics.engineLooks.inc({ kept }, 0);
  for (const urgency of ['interactive', 'stream']) metrics.engineRefused.inc({ urgency }, 0);
  for (const scored of ['left', 'all']) metrics.engineBatches.inc({ scored }, 0);
  return {
    looked: (kept) => {
      metrics.engineLooks.inc({ kept });
    },
    ranked: ({ kind, size, isSearched, ms, waiting, cachedBytes }) => {
      metrics.engineBatches.inc({ scored: isSearched ? 'left' : 'all' });
      metrics.engineBatch.observe({ kind }, size);
      for (const [stage, spent] of Object.entries(ms)) metrics.engineSeconds.observe({ kind, stage }, spent / 1000);
      for (const [urgency, count] of Object.entries(waiting)) metrics.engineWaiting.set({ urgency }, count);
      metrics.engineCached.set(cachedBytes);
    },
    refused: (urgency) => {
      metrics.engineRefused.inc({ urgency });
    },
    workerDied: (error) => {
      metrics.engineDeaths.inc();
      logger.error('a worker of the engine died', { error });
    },
    broke: onFault,
  };
}
