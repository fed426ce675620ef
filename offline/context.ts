/** What every offline step works with: where its files lie, the log, how to stop, and where to say what happened. */
import type { Config } from '../src/config.js';
import type { WireFormat } from '../src/events/wire-format.js';
import type { Log } from '../src/ports/log.js';

export interface OfflineContext {
  /** The folder of all files of this project's run, `.steerstream` by default. */
  readonly dir: string;
  readonly log: Log;
  /** How records of the log are read and written: as the service does. */
  readonly wire: WireFormat;
  /** The service's own configuration: the same topics and the same meaning of every kind of interaction. */
  readonly config: Pick<Config, 'topics' | 'partitions' | 'reducer' | 'maxRecordBytes'>;
  /** Aborted when the user interrupts: long work looks at it often and throws its reason. */
  readonly signal: AbortSignal;
  /** Prints one line of result for the user. */
  readonly print: (line: string) => void;
}

/** Gives timers and signals their turn in long synchronous work, then stops if the user asked for it. */
export async function breathe(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  signal.throwIfAborted();
}
