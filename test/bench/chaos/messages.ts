/** What the driver and an instance say to each other, over the channel of a forked process. */
import type { StepName } from '../../../src/stream/steps.js';
import type { World } from './world.js';

/** What an instance does to itself when it reaches a step: SIGKILL, or SIGSTOP until somebody wakes it. */
export interface Appointment {
  readonly step: StepName;
  readonly then: 'die' | 'stop';
}

/** A question about progress: the first time that each task reaches the step from now on is told. */
export interface Look {
  readonly id: number;
  readonly step: 'running' | 'stored';
}

export interface InstanceConfig {
  readonly brokers: string;
  readonly redisUrl: string;
  readonly checkpoints: string;
  readonly world: World;
  readonly look: Look;
  readonly appointment: Appointment | undefined;
}

export type ToInstance =
  | { readonly kind: 'start'; readonly config: InstanceConfig }
  | { readonly kind: 'appointment'; readonly appointment: Appointment | undefined }
  | { readonly kind: 'look'; readonly look: Look }
  | { readonly kind: 'status' };

export type FromInstance =
  /** Everything is loaded: it waits for `start`. */
  | { readonly kind: 'loaded' }
  /** It keeps its appointment now. */
  | { readonly kind: 'reached'; readonly step: StepName; readonly partition: number }
  | { readonly kind: 'progress'; readonly look: number; readonly partition: number }
  /** What must not happen: an error that stops a task, a fault. */
  | { readonly kind: 'trouble'; readonly message: string }
  | { readonly kind: 'status'; readonly text: string };
