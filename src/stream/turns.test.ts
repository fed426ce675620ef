import { describe, expect, it } from 'vitest';
import { Turns } from './turns.js';

describe('Turns', () => {
  const runAll = async (places: number) => {
    const turns = new Turns(places);
    const seen: string[] = [];
    const piece =
      (name: string, fails = false) =>
      async (): Promise<string> => {
        seen.push(`${name} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        seen.push(`${name} ends`);
        if (fails) throw new Error(name);
        return name;
      };
    const ended = await Promise.allSettled([
      turns.run(piece('a')),
      turns.run(piece('b', true)),
      turns.run(piece('c')),
      turns.run(piece('d')),
    ]);
    return { seen, states: ended.map(({ status }) => status) };
  };

  it('with one place, runs one piece after the other, also after one that fails', async () => {
    const { seen, states } = await runAll(1);
    expect(seen).toEqual(['a', 'b', 'c', 'd'].flatMap((name) => [`${name} begins`, `${name} ends`]));
    expect(states).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  });

  it('with two, runs two at once, and the next when either has ended', async () => {
    const { seen, states } = await runAll(2);
    expect(seen.slice(0, 3)).toEqual(['a begins', 'b begins', 'a ends']);
    expect(seen.filter((what) => what.endsWith('begins'))).toEqual(
      ['a', 'b', 'c', 'd'].map((name) => `${name} begins`),
    );
    for (const [i] of seen.entries()) {
      const until = seen.slice(0, i + 1);
      const [begun, ended] = ['begins', 'ends'].map((what) => until.filter((one) => one.endsWith(what)).length);
      expect(begun! - ended!).toBeLessThanOrEqual(2);
    }
    expect(states).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  });
});
