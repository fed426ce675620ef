/**
 * A snapshot of states as a file: lines of JSON, gzipped. The first line says what it is; a task is a line with its
 * marker and the lines of its states; the last line has the numbers of both, so that a file which was cut is noticed. A
 * state is the bytes that the stores keep (schemas/user-state.avsc), in base64.
 */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import type { Layout } from '../../ports/state-store.js';
import { decodeState, encodeState } from '../../state/state-codec.js';
import type { UserState } from '../../state/user-state.js';
import { UserError } from '../../terminal/user-error.js';

const count = z.int().min(0);

const HeadSchema = z.object({
  steerstream: z.literal('states'),
  version: z.literal(1),
  /** Ms since the epoch. */
  at: z.number(),
  layout: z.object({ partitions: z.int().min(1), settings: z.string() }),
});
const TaskSchema = z.object({
  partition: count,
  marker: z.object({ interactions: count, profiles: count }),
});
const StateSchema = z.object({ state: z.string() });
const EndSchema = z.object({ tasks: count, states: count });
const LineSchema = z.union([HeadSchema, TaskSchema, StateSchema, EndSchema]);

export type SnapshotTask = z.output<typeof TaskSchema>;

/** What a file holds, in its order. */
export type Part =
  | { readonly kind: 'head'; readonly layout: Layout }
  | { readonly kind: 'task'; readonly task: SnapshotTask }
  /** Of the task before it. */
  | { readonly kind: 'state'; readonly state: UserState };

export const lines = {
  head: (layout: Layout, at: number): string => line({ steerstream: 'states', version: 1, at, layout }),
  task: (task: SnapshotTask): string => line(task),
  state: (state: UserState): string => line({ state: encodeState(state).toString('base64') }),
  end: (tasks: number, states: number): string => line({ tasks, states }),
};

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

/** Reads a file to its end. @throws UserError when it is missing, cut, or something else */
export async function* readSnapshot(file: string): AsyncGenerator<Part> {
  let [tasks, states, isBegun, isEnded] = [0, 0, false, false];
  for await (const text of textLines(file)) {
    const parsed = parse(file, text);
    if (isEnded) throw broken(file, 'something follows its end');
    if (isBegun === 'steerstream' in parsed) throw broken(file, 'its lines are in no order');
    if ('steerstream' in parsed) {
      isBegun = true;
      yield { kind: 'head', layout: parsed.layout };
    } else if ('marker' in parsed) {
      tasks += 1;
      yield { kind: 'task', task: parsed };
    } else if ('state' in parsed) {
      states += 1;
      yield { kind: 'state', state: stateOf(file, parsed.state) };
    } else {
      isEnded = true;
      if (parsed.tasks !== tasks || parsed.states !== states) throw broken(file, 'parts of it are missing');
    }
  }
  if (!isEnded) throw broken(file, 'its end is missing: was it cut?');
}

async function* textLines(file: string): AsyncGenerator<string> {
  // Whatever fails is thrown by the loop.
  const chunks = pipeline(createReadStream(file), createGunzip(), () => undefined).setEncoding('utf8');
  let begun = '';
  try {
    for await (const chunk of chunks as AsyncIterable<string>) {
      const whole = (begun + chunk).split('\n');
      begun = whole.pop() ?? '';
      yield* whole;
    }
  } catch (error) {
    if (!(error instanceof Error) || error instanceof UserError) throw error;
    if ('code' in error && error.code === 'ENOENT') throw new UserError(`there is no file ${file}`);
    throw broken(file, error.message);
  }
  if (begun !== '') throw broken(file, 'its last line is cut');
}

function parse(file: string, text: string): z.output<typeof LineSchema> {
  try {
    return LineSchema.parse(JSON.parse(text));
  } catch {
    throw broken(file, `a line of it is not as version 1 has them: ${text.slice(0, 60)}`);
  }
}

function stateOf(file: string, base64: string): UserState {
  try {
    return decodeState(Buffer.from(base64, 'base64'));
  } catch (error) {
    throw broken(file, error instanceof Error ? error.message : String(error));
  }
}

function broken(file: string, why: string): UserError {
  return new UserError(`${file} is no snapshot that can be used: ${why}`);
}
