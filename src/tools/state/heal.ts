/**
 * `npm run state -- heal`: takes tasks over as an owner does, heals their states to the committed position, and gives
 * them up. No lists are made. Beside a running service it does no harm, and has no point: the service takes its tasks
 * back, and heals by itself.
 */
import { streamSettings } from '../../app/stream-settings.js';
import type { Position, Task } from '../../ports/log.js';
import { canonicalSettings } from '../../state/settings.js';
import { Gate } from '../../stream/gate.js';
import { heal } from '../../stream/heal.js';
import { createInputDecoder } from '../../stream/inputs.js';
import { describePosition } from '../../stream/position.js';
import { close, takeOver } from '../../stream/take-over.js';
import type { HealContext } from '../../stream/task-context.js';
import { createProgress } from '../../terminal/progress.js';
import { UserError } from '../../terminal/user-error.js';
import type { ToolSession } from '../session.js';

/** @param only this partition */
export async function healStates(session: ToolSession, only: number | undefined): Promise<void> {
  const { config, signal } = session;
  const log = await session.log();
  const partitions = (await log.extents(config.topics.interactions)).length;
  if (only !== undefined && only >= partitions) {
    throw new UserError(`there is no partition ${only}: "${config.topics.interactions}" has 0 to ${partitions - 1}`);
  }
  const contextOf = await healContexts(session, partitions);
  const tasks = only === undefined ? Array.from({ length: partitions }, (_, partition) => partition) : [only];
  for (const partition of tasks) {
    signal.throwIfAborted();
    await healTask(session, contextOf({ partition }));
  }
}

async function healTask({ print, signal }: ToolSession, context: HealContext): Promise<void> {
  const { partition } = context.task;
  const taken = await takeOver(context);
  try {
    const total = distance(taken.marker, taken.committed);
    const progress = createProgress({ label: `partition ${partition}`, total, unit: 'offsets' });
    const marker = await heal(context, taken, signal, (healed) => {
      progress.tick(distance(taken.marker, healed));
    });
    signal.throwIfAborted();
    if (total > 0) progress.end();
    print(`partition ${partition}: ${total} offsets healed, states reflect ${describePosition(marker)}`);
  } finally {
    await close(taken.taskLog);
  }
}

async function healContexts(session: ToolSession, partitions: number): Promise<(task: Task) => HealContext> {
  const { config, logger } = session;
  const settings = streamSettings(config);
  const [log, store] = [await session.log(), await session.store('make')];
  const decode = createInputDecoder(config.topics, partitions, config.maxRecordBytes, await session.wire());
  const layout = { partitions, settings: canonicalSettings(settings.reducer) };
  const rest = { settings, layout, decode, logger, now: Date.now, gate: new Gate(), onStep: async () => undefined };
  return (task) => ({ task, log, store, ...rest });
}

function distance(from: Position, to: Position): number {
  return to.interactions - from.interactions + (to.profiles - from.profiles);
}
