import type { ReadinessFacts } from '../ops/readiness.js';
import type { ServingModel } from '../recommend/serving-model.js';
import type { Processor } from '../stream/processor.js';
import type { TaskStatus } from '../stream/task-status.js';

/**
 * What readiness depends on, as the parts of the service tell it.
 * @param faults each of which ends the service
 */
export function readinessFacts(
  model: Pick<ServingModel, 'current' | 'refused'>,
  processor: Pick<Processor, 'status'>,
  faults: readonly unknown[],
): ReadinessFacts {
  const { phase, catalogue, tasks } = processor.status();
  return {
    ...(faults.length > 0 && { fault: messageOf(faults[0]) }),
    checkpoint: checkpointOf(model),
    catalogueRead: catalogue.loaded,
    processor: phase === 'new' ? 'not-started' : phase === 'closed' ? { stopped: 'it was told to' } : 'running',
    tasks: tasks.map((task) => ({ partition: task.partition, waitsFor: waitsFor(task) })),
  };
}

function checkpointOf({ current, refused }: Pick<ServingModel, 'current' | 'refused'>): ReadinessFacts['checkpoint'] {
  if (current !== undefined) return 'loaded';
  return refused === undefined ? 'none' : { refused: refused.reason };
}

function waitsFor({ phase, lastError }: TaskStatus): string | null {
  if (phase === 'running') return null;
  return lastError === undefined ? phase : `${phase} (${lastError})`;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
