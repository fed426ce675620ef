/** `npm run state -- inspect USER`: what is stored of a user. */
import { partitionOf } from '../../events/murmur2.js';
import type { Task } from '../../ports/log.js';
import type { StateStore } from '../../ports/state-store.js';
import type { EntryList } from '../../state/entry-list.js';
import type { UserState } from '../../state/user-state.js';
import { describePosition } from '../../stream/position.js';
import { UserError } from '../../terminal/user-error.js';
import type { ToolSession } from '../session.js';

/** Of the sequence and of hidden items, that are shown. */
const NEWEST = 10;

export async function inspectUser(session: ToolSession, userId: string, isJson: boolean): Promise<void> {
  const { print } = session;
  const store = await session.store();
  const task = await taskOf(store, userId);
  const [state, marker] = [await store.peek(task, userId), await store.peekMarker(task)];
  if (state === undefined) {
    const known = marker === undefined ? 'nothing was stored yet' : `states reflect ${describePosition(marker)}`;
    throw new UserError(`there is no state of user "${userId}" in partition ${task.partition}, where ${known}`);
  }
  if (isJson) print(JSON.stringify({ partition: task.partition, marker: marker ?? null, state }, null, 2));
  else for (const line of stateLines(task, state)) print(line);
}

async function taskOf(store: StateStore, userId: string): Promise<Task> {
  const layout = await store.layout();
  if (layout === undefined) throw new UserError('the state store is empty: no user has a state yet');
  return { partition: partitionOf(Buffer.from(userId), layout.partitions) };
}

/** For people; --json has everything. */
function stateLines({ partition }: Task, { userId, history, equalizer }: UserState): readonly string[] {
  const { sequence, older, hidden, accepted, context } = history;
  const gains = Object.entries(equalizer.gains).filter(([, { gain }]) => gain !== 0);
  const version = `version ${equalizer.version}${equalizer.preset === null ? '' : `, preset ${equalizer.preset}`}`;
  return [
    `user ${userId}, partition ${partition}`,
    `sequence: ${sequence.length} items of ${accepted} accepted interactions${newest(sequence)}`,
    `seen before: ${older.length} items; hidden: ${hidden.length}${newest(hidden)}`,
    ...(context === null ? [] : [`context: ${JSON.stringify({ ...context, at: time(context.at) })}`]),
    `equalizer: ${equalizer.off ? 'off, ' : ''}${version}${gains.length === 0 ? ', no gains' : ''}`,
    ...gains.map(([attribute, { gain, at, expiresAt }]) => {
      const until = expiresAt === null ? '' : `, until ${time(expiresAt)}`;
      return `  ${attribute} ${gain > 0 ? '+' : ''}${gain} since ${time(at)}${until}`;
    }),
    ...(equalizer.erasedBefore === 0 ? [] : [`erased: everything up to ${time(equalizer.erasedBefore)}`]),
  ];
}

function newest(entries: EntryList): string {
  if (entries.length === 0) return '';
  const shown = [...entries.newest(NEWEST)].reverse();
  return `, the newest: ${shown.map(({ itemId, at }) => `${itemId} (${time(at)})`).join(', ')}`;
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
