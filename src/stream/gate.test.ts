import { describe, expect, it } from 'vitest';
import { Gate } from './gate.js';

const NEVER = new AbortController().signal;

describe('Gate', () => {
  it('lets work pass, several at once, and hands on what it returns or throws', async () => {
    const gate = new Gate();
    expect(await Promise.all([gate.pass(async () => 1, NEVER), gate.pass(async () => 2, NEVER)])).toEqual([1, 2]);
    await expect(gate.pass(() => Promise.reject(new Error('no')), NEVER)).rejects.toThrow('no');
    await gate.close();
  });

  it('closes once all work inside has ended, and holds what comes after until it opens', async () => {
    const gate = new Gate();
    const events: string[] = [];
    const first = Promise.withResolvers<undefined>();
    const second = Promise.withResolvers<undefined>();
    const inside = [first, second].map(({ promise }) => gate.pass(() => promise, NEVER));
    const closed = gate.close().then(() => events.push('closed'));
    const late = gate.pass(async () => events.push('late'), NEVER);
    first.resolve(undefined);
    await inside[0];
    events.push('first ended');
    second.resolve(undefined);
    await closed;
    gate.open();
    await late;
    expect(events).toEqual(['first ended', 'closed', 'late']);
  });

  it('lets go of who is told to stop while it is closed', async () => {
    const gate = new Gate();
    await gate.close();
    const stop = new AbortController();
    const waiting = gate.pass(async () => 'passed', stop.signal);
    stop.abort();
    expect(await waiting).toBeUndefined();
  });
});
