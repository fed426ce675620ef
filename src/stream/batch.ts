/** A batch as data: what the records of a poll do to the states of their users, and which lists they owe. Pure. */
import type { ListReason } from '../events/events.js';
import type { LogRecord } from '../ports/log.js';
import type { ListRequest } from '../recommend/recommender.js';
import { nextExpiry } from '../state/equalizer.js';
import { onInteraction, onProfileEvent, type Reduced } from '../state/reduce.js';
import { emptyState, type ReducerSettings, type UserState } from '../state/user-state.js';
import type { DeadInput, Input } from './inputs.js';

/** A list that an input owes, from the state right after it. */
export interface OwedList {
  readonly record: LogRecord;
  readonly state: UserState;
  readonly trigger: ListReason['trigger'];
  readonly profile: ListReason['profile'];
}

export interface ReducedBatch {
  /** By user, those that changed. */
  readonly states: ReadonlyMap<string, UserState>;
  /** In the order of their inputs. */
  readonly owed: readonly OwedList[];
  readonly dead: readonly DeadInput[];
  /** Inputs that changed nothing: repeats, and kinds that are ignored. */
  readonly unchanged: number;
}

/** The users whose states a batch needs, each once. */
export function usersOf(inputs: readonly Input[]): readonly string[] {
  return [...new Set(inputs.flatMap((input) => (input.kind === 'dead' ? [] : [input.event.userId])))];
}

/** Reduces inputs in their order. `states`: those that their users have now. */
export function reduceBatch(
  inputs: readonly Input[],
  states: ReadonlyMap<string, UserState>,
  settings: ReducerSettings,
): ReducedBatch {
  const changed = new Map<string, UserState>();
  const owed: OwedList[] = [];
  const dead: DeadInput[] = [];
  let unchanged = 0;
  for (const input of inputs) {
    if (input.kind === 'dead') {
      dead.push(input);
      continue;
    }
    const user = input.event.userId;
    const reduced = reduce(changed.get(user) ?? states.get(user) ?? emptyState(user), input, settings);
    if (reduced.outcome !== 'changed') {
      unchanged += 1;
      continue;
    }
    changed.set(user, reduced.state);
    owed.push({ record: input.record, state: reduced.state, trigger: triggerOf(input), profile: reduced.profile });
  }
  return { states: changed, owed, dead, unchanged };
}

/** When the gains of these users next end. */
export function expiriesOf(states: ReadonlyMap<string, UserState>): ReadonlyMap<string, number | null> {
  return new Map([...states].map(([user, state]) => [user, nextExpiry(state.equalizer)]));
}

/** What to ask of the recommender: for every owed list, or for each user's last. */
export function requestsOf(
  owed: readonly OwedList[],
  emit: 'every-event' | 'latest-per-batch',
  now: number,
): readonly ListRequest[] {
  const last = new Map(owed.map((list) => [list.state.userId, list]));
  const wanted = emit === 'every-event' ? owed : owed.filter((list) => last.get(list.state.userId) === list);
  return wanted.map(({ record: { topic, partition, offset }, state, trigger, profile }) => ({
    state,
    source: { topic, partition, offset },
    trigger,
    profile,
    now,
  }));
}

function triggerOf(input: Exclude<Input, DeadInput>): ListReason['trigger'] {
  return input.kind === 'profile' && input.event.mode === 'refresh' ? 'refresh' : input.kind;
}

function reduce(state: UserState, input: Exclude<Input, DeadInput>, settings: ReducerSettings): Reduced {
  const { timestamp } = input.record;
  return input.kind === 'interaction'
    ? onInteraction(state, input.event, timestamp, settings)
    : onProfileEvent(state, input.event, timestamp, settings);
}
