/** What the steps after `dataset` work with: no log, but a tensor runtime. */
import type { OfflineContext } from './context.js';

export interface TrainingContext extends Pick<OfflineContext, 'dir' | 'signal' | 'print'> {
  /** The runtime that is open in this process. */
  readonly runtime: { readonly name: string; readonly description: string };
}
