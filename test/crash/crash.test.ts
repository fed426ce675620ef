/**
 * Kills the processor at and between all steps of the loop, restarts it, and compares everything it left with an
 * uninterrupted run. The child runs from the compiled dist/: build first (`npm test` does).
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Outcome, outcomeOf } from '../builders/outcome.js';
import { appendRaw } from '../builders/raw-log.js';
import { catalogueRecords, inputRecords, PARTITIONS, USERS } from '../builders/scenario.js';
import { makeTopics, openStores } from '../builders/stream.js';
import type { StepName } from '../../src/stream/steps.js';

const CHILD = join(import.meta.dirname, '../../dist/test/crash/child.js');
const HISTORY = 80;
const FRESH = 160;

type Kill = readonly [step: StepName, occurrence: number];
type Occurrence = 'first' | 'middle' | 'last';

let root: string;
/** A log with history on which nothing ever ran; the same after its first start, with fresh records to process. */
let untouched: string;
let healed: string;
let healedOutcome: Outcome;
let reference: Outcome;
/** How often an uninterrupted run reaches each step, from `untouched` and from `healed`. */
let stepsOfFirstStart: Record<string, number>;
let steps: Record<string, number>;

beforeAll(async () => {
  if (!existsSync(CHILD)) throw new Error('dist/test/crash/child.js is missing: npm run build');
  root = await mkdtemp(join(tmpdir(), 'steerstream-crash-'));
  untouched = join(root, 'untouched');
  const { log, store } = openStores(untouched);
  await makeTopics(log, PARTITIONS);
  await log.append(catalogueRecords());
  await log.close();
  await store.close();
  appendRaw(untouched, inputRecords(1, HISTORY));

  healed = await copyOf(untouched);
  stepsOfFirstStart = await runToTheEnd(healed);
  healedOutcome = await read(healed);
  appendRaw(healed, inputRecords(2, FRESH));

  const uninterrupted = await copyOf(healed);
  steps = await runToTheEnd(uninterrupted);
  reference = await read(uninterrupted);
}, 60_000);

afterAll(() => rm(root, { recursive: true, force: true }));

describe('an uninterrupted run', () => {
  it('makes states of history without lists, then one list for every input that owes one', () => {
    expect(healedOutcome.lists).toEqual({});
    expect(healedOutcome.deadLetters).toEqual({});
    expect(Object.keys(healedOutcome.states).length).toBeGreaterThan(15);
    const lists = Object.values(reference.lists).flat();
    expect(lists.length).toBeGreaterThan(FRESH / 2);
    expect(new Set(lists.map(({ listId }) => listId)).size).toBe(lists.length);
    const reasons = Object.values(reference.deadLetters)
      .flat()
      .map(({ reason }) => reason);
    expect(new Set(reasons).size).toBeGreaterThanOrEqual(5);
  });

  it('lets no version of a user go back', () => {
    for (const lists of Object.values(reference.lists)) {
      const versions = lists.map(({ equalizerVersion }) => equalizerVersion);
      expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    }
  });
});

describe('killed at its first start', () => {
  const cases: [StepName, Occurrence][] = [
    ...everywhere(['fenced', 'claimed', 'settled', 'running'], ['first', 'last']),
    ...everywhere(['heal-read', 'heal-written'], ['first', 'middle', 'last']),
  ];
  it.concurrent.each(cases)('at %s (%s), it heals to the same states, without lists', async (step, which) => {
    const folder = await copyOf(untouched);
    await killed(folder, [step, occurrence(stepsOfFirstStart, step, which)]);
    await runToTheEnd(folder);
    expect(await read(folder)).toEqual(healedOutcome);
  });
});

describe('killed while it runs', () => {
  const cases: [StepName, Occurrence][] = [
    ...everywhere(['fenced', 'claimed', 'settled', 'running', 'revoking', 'handed-over'], ['first', 'last']),
    ...everywhere(
      ['polled', 'reduced', 'recommended', 'committing', 'committed', 'put-off', 'stored'],
      ['first', 'middle', 'last'],
    ),
  ];
  it.concurrent.each(cases)('at %s (%s), it misses nothing and does nothing twice', async (step, which) => {
    const folder = await copyOf(healed);
    await killed(folder, [step, occurrence(steps, step, which)]);
    await runToTheEnd(folder);
    expect(await read(folder)).toEqual(reference);
  });
});

describe('killed again and again', () => {
  it.concurrent.each<Kill[]>([
    [
      ['committed', 9],
      ['fenced', 2],
      ['claimed', 1],
      ['settled', 3],
    ],
    [
      ['committed', 9],
      ['heal-read', 1],
      ['heal-written', 1],
      ['running', 1],
    ],
    [
      ['committed', 4],
      ['committed', 4],
      ['committed', 4],
      ['stored', 1],
    ],
    [
      ['committing', 6],
      ['polled', 1],
      ['reduced', 5],
      ['recommended', 7],
    ],
  ])('at %j, %j, %j, %j', async (...kills) => {
    const folder = await copyOf(healed);
    for (const kill of kills) await killed(folder, kill);
    await runToTheEnd(folder);
    expect(await read(folder)).toEqual(reference);
  });
});

describe('the state store', () => {
  it.concurrent.each<StepName>(['committed', 'stored'])(
    'lost after a kill at %s, is made again from the log',
    async (step) => {
      const folder = await copyOf(healed);
      await killed(folder, [step, occurrence(steps, step, 'middle')]);
      await removeStates(folder);
      await killed(folder, ['heal-written', 5]);
      await runToTheEnd(folder);
      expect(await read(folder)).toEqual(reference);
    },
  );

  it.concurrent('lost at the end, is made again from the log', async () => {
    const folder = await copyOf(healed);
    await runToTheEnd(folder);
    await removeStates(folder);
    await runToTheEnd(folder);
    expect(await read(folder)).toEqual(reference);
  });

  it.concurrent('taken back to an earlier copy, catches up', async () => {
    const folder = await copyOf(healed);
    await killed(folder, ['stored', occurrence(steps, 'stored', 'middle')]);
    await removeStates(folder);
    for (const file of ['state.sqlite', 'state.sqlite-wal']) {
      if (existsSync(join(healed, file))) await cp(join(healed, file), join(folder, file));
    }
    await runToTheEnd(folder);
    expect(await read(folder)).toEqual(reference);
  });
});

function everywhere(names: readonly StepName[], occurrences: readonly Occurrence[]): [StepName, Occurrence][] {
  return names.flatMap((name) => occurrences.map((which): [StepName, Occurrence] => [name, which]));
}

function occurrence(counts: Record<string, number>, step: StepName, which: Occurrence): number {
  const count = counts[step];
  if (count === undefined) throw new Error(`an uninterrupted run never reaches ${step}`);
  return { first: 1, middle: Math.ceil(count / 2), last: count }[which];
}

async function copyOf(folder: string): Promise<string> {
  const copy = await mkdtemp(join(root, 'run-'));
  await cp(folder, copy, { recursive: true });
  return copy;
}

async function removeStates(folder: string): Promise<void> {
  for (const end of ['', '-wal', '-shm']) await rm(join(folder, `state.sqlite${end}`), { force: true });
}

/** Runs a child that must die by its own hand. */
async function killed(folder: string, [step, at]: Kill): Promise<void> {
  const { signal, stderr } = await child(folder, step, `${at}`);
  expect({ signal, stderr }).toEqual({ signal: 'SIGKILL', stderr: '' });
}

/** Runs a child that must reach the log's end. Returns how often it reached each step. */
async function runToTheEnd(folder: string): Promise<Record<string, number>> {
  const { signal, stdout, stderr } = await child(folder);
  expect({ signal, stderr }).toEqual({ signal: null, stderr: '' });
  return JSON.parse(stdout) as Record<string, number>;
}

function child(...args: string[]): Promise<{ signal: NodeJS.Signals | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    // Compiled code is kept between the many children: most of their life is start-up.
    const env = { ...process.env, NODE_COMPILE_CACHE: join(root, 'compiled') };
    const running = execFile(process.execPath, [CHILD, ...args], { env, timeout: 20_000 }, (_error, stdout, stderr) => {
      resolve({ signal: running.signalCode, stdout, stderr });
    });
  });
}

async function read(folder: string): Promise<Outcome> {
  const { log, store } = openStores(folder);
  try {
    return await outcomeOf(log, store, USERS);
  } finally {
    await log.close();
    await store.close();
  }
}
