/** What HTTP needs of the service: reading states, making lists, and appending profile events. It writes no state. */
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { WireFormat } from '../events/wire-format.js';
import type { Log } from '../ports/log.js';
import type { StateStore } from '../ports/state-store.js';
import type { Recommender } from '../recommend/recommender.js';

/** The checkpoint that lists are made with. */
export interface CheckpointInService {
  readonly id: string;
  readonly sequence: number;
  readonly checkpoint: Checkpoint;
}

export interface Service {
  readonly log: Pick<Log, 'append' | 'extents'>;
  /** How profile events are written. */
  readonly wire: Pick<WireFormat, 'encoder'>;
  readonly store: Pick<StateStore, 'peek'>;
  readonly recommender: Recommender;
  readonly topics: { readonly interactions: string; readonly profiles: string };
  /** A user's, or everybody's who is in no candidate's share. Undefined until the first is loaded. */
  checkpoint(userId?: string): CheckpointInService | undefined;
  /** Why it is not ready; empty when it is. */
  notReady(): readonly string[];
  /** The page that Prometheus reads. */
  metrics(): Promise<string>;
  /** The time, ms. */
  now(): number;
  /** Told of every error that is not the caller's. */
  failed(error: unknown, request: string): void;
}

/** The injection token of a Service. */
export const SERVICE = Symbol('Service');
