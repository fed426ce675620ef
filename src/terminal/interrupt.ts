/** Ctrl-C as a signal that long work looks at; a second one ends at once. */
import { Interrupted } from './user-error.js';

const EXIT_CODE = 130;

/** Aborted with Interrupted at the first SIGINT or SIGTERM of this process. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(EXIT_CODE);
    controller.abort(new Interrupted());
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller.signal;
}
