/** A batch of states in, a batch of lists out. */
import type { ListReason, RecommendationList, SourcePosition } from '../events/events.js';
import type { Urgency } from '../ports/engine.js';
import type { UserState } from '../state/user-state.js';

export interface ListRequest {
  readonly state: UserState;
  readonly source: SourcePosition;
  readonly trigger: ListReason['trigger'];
  readonly profile: ListReason['profile'];
  /** When the list is produced, ms. */
  readonly now: number;
  /** Items wanted; the configured list size unless given. */
  readonly limit?: number;
  /** As if no gain were set, to hold the steered list against: its effects tell what it has of them all the same. */
  readonly isUnsteered?: true;
}

export interface Recommender {
  /** One list per request, in their order. `urgency`: whether somebody waits; the stream unless given. */
  recommend(requests: readonly ListRequest[], urgency?: Urgency): Promise<readonly RecommendationList[]>;
  /**
   * For one whose checkpoint changes: serves at least what is published when this is called. Whoever takes a task over
   * calls it, or its users could go back to what the earlier owner no longer served.
   * @throws Unavailable
   */
  catchUp?(): Promise<void>;
}
