/** Pauses after failures: none after the first loss, then doubling up to a bound. */
export class Backoff {
  #failures = 0;

  constructor(private readonly bounds: { readonly firstMs: number; readonly longestMs: number }) {}

  /** Things went well: the next failure counts as the first. */
  reset(): void {
    this.#failures = 0;
  }

  /** How long to pause now, ms. `atOnce`: a first failure needs no pause. */
  next(atOnce: boolean): number {
    const { firstMs, longestMs } = this.bounds;
    const pause = atOnce && this.#failures === 0 ? 0 : Math.min(longestMs, firstMs * 2 ** this.#failures);
    this.#failures += 1;
    return pause;
  }
}

/** Resolves after `ms`, or when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const wake = (): void => {
    resolve(undefined);
  };
  const timer = setTimeout(wake, ms);
  signal.addEventListener('abort', wake, { once: true });
  await promise;
  clearTimeout(timer);
  signal.removeEventListener('abort', wake);
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
  });
}
