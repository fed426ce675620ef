/** Signals for tests of interruption. */

/** Is aborted at the look after so many. */
export function abortsAfter(looks: number): AbortSignal {
  let left = looks;
  const { signal } = new AbortController();
  const look = (): boolean => left-- <= 0;
  Object.defineProperty(signal, 'aborted', { get: look });
  signal.throwIfAborted = () => {
    if (left < 0 || look()) throw new Error('enough');
  };
  return signal;
}
