/** How the process ends. */
import type { Logger } from '../ops/logger.js';
import { StartRefused, TopicMissing } from '../ports/errors.js';

/** Time to finish what is in flight, ms: under the 30 s that container runtimes usually give. */
const PATIENCE = 25_000;

/**
 * Closes in good order at SIGTERM and SIGINT (exit status 0) and after a fault (1). A second signal, or too long a
 * farewell, ends the process at once: whoever takes the tasks over heals.
 */
export function createShutdown(logger: Logger, close: () => Promise<void>): (fault?: unknown) => void {
  let isClosing = false;
  const shutdown = (status: number): void => {
    if (isClosing) process.exit(1);
    isClosing = true;
    setTimeout(() => {
      logger.error('gave up waiting for the end', { afterMs: PATIENCE });
      process.exit(1);
    }, PATIENCE).unref();
    close().then(
      () => process.exit(status),
      (error: unknown) => {
        logger.error('did not close in good order', { error });
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      logger.info('stopping', { signal });
      shutdown(0);
    });
  }
  return (fault) => {
    const isMistake = fault instanceof StartRefused || fault instanceof TopicMissing;
    if (isMistake) logger.error('the service cannot go on', { reason: fault.message });
    else logger.error('a fault ends the service', { error: fault });
    if (!isClosing) shutdown(1);
  };
}
