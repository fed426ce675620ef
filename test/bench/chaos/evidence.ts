/** What a run left behind. */
import type { UserState } from '../../../src/state/user-state.js';
import type { Start } from './oracle.js';
import type { Read } from './topics.js';
import type { World } from './world.js';

export interface Evidence {
  readonly world: World;
  readonly start: Start;
  /** By topic, as a consumer that reads committed saw them. */
  readonly topics: ReadonlyMap<string, readonly Read[]>;
  readonly checkpoints: string;
  /** A user's state as it is stored now. */
  readonly stored: (user: string, partition: number) => Promise<UserState | undefined>;
  /** When everything had come to rest, ms. */
  readonly endedAt: number;
}
