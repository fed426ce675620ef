/** What the parts of a task's loop share. */
import type { Logger } from '../ops/logger.js';
import type { Log, Position, Task, TaskLog, TaskTopics } from '../ports/log.js';
import type { Layout, StateStore } from '../ports/state-store.js';
import type { RecommendationList } from '../events/events.js';
import type { ListRequest } from '../recommend/recommender.js';
import type { Gate } from './gate.js';
import type { HotStates } from './hot-states.js';
import type { InputDecoder } from './inputs.js';
import type { Outputs } from './outputs.js';
import type { Observe } from './report.js';
import type { StreamSettings } from './settings.js';
import type { StepName } from './steps.js';
import type { Unwritten } from './unwritten.js';

/** `onTurn` is called when the wait for the other tasks is over; never, where there was none. */
type RecommendBatch = (requests: readonly ListRequest[], onTurn: () => void) => Promise<readonly RecommendationList[]>;

/** A Recommender that its tasks take turns at. */
export interface SharedRecommender {
  /** To be called when a batch begins: its lists know what the catalogue held then, or a moment before. */
  begin(): RecommendBatch;
  /** As Recommender.catchUp. */
  catchUp(): Promise<void>;
}

export interface TaskContext {
  readonly task: Task;
  readonly log: Log;
  readonly store: StateStore;
  readonly recommender: SharedRecommender;
  readonly settings: StreamSettings;
  /** What states made now depend on. */
  readonly layout: Layout;
  readonly decode: InputDecoder;
  readonly outputs: Outputs;
  readonly now: () => number;
  readonly logger: Logger;
  /** Closed while the group deals its tasks anew. */
  readonly gate: Gate;
  readonly onStep: (step: StepName) => Promise<void>;
  readonly observe: Observe;
}

/** What taking over and healing need: no lists are made there. */
export type HealContext = Omit<TaskContext, 'recommender' | 'outputs' | 'observe'>;

/** A task that is ours until something refuses: everything here dies with the ownership. */
export interface Ownership {
  readonly token: string;
  readonly taskLog: TaskLog;
  readonly hot: HotStates;
}

/** A task that was healed and runs. */
export interface Running extends Ownership {
  readonly unwritten: Unwritten;
}

/** Both topics of a task, by the names of a Position. */
export const INPUTS = ['interactions', 'profiles'] as const satisfies readonly (keyof Position & keyof TaskTopics)[];
export type InputName = (typeof INPUTS)[number];
