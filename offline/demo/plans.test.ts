import { describe, expect, it } from 'vitest';
import { announcePlan, choosePlan, PAPER_PLAN, PLANS } from './plans.js';

const seconds: Readonly<Record<string, number>> = { paper: 13, small: 4, tiny: 3 };
const choose = (minutes: number, factor = 1) => choosePlan(minutes * 60, ({ name }) => (seconds[name] ?? 0) * factor);

describe('the plan of the demo', () => {
  it('is the largest whose training fits into its part of the budget', () => {
    expect(choose(60)).toMatchObject({ plan: { name: 'paper' }, epochs: 100 });
    expect(choose(15)).toMatchObject({ plan: { name: 'paper' }, epochs: 41 });
    expect(choose(5)).toMatchObject({ plan: { name: 'small' }, epochs: 40 });
  });

  it('is the smallest, with as many epochs as fit, where none fits', () => {
    expect(choose(1)).toMatchObject({ plan: { name: 'tiny' }, epochs: 12 });
    expect(choose(1, 1000)).toMatchObject({ plan: { name: 'tiny' }, epochs: 1 });
  });

  it('says what it gives up', () => {
    expect(announcePlan(choose(60), 60, 'WebAssembly')).toContain('nothing is given up');
    expect(announcePlan(choose(5), 5, 'WebAssembly')).toContain('NDCG@10 0.111 instead of 0.121 on MovieLens 1M');
    const short = announcePlan(choose(1), 1, 'WebAssembly');
    expect(short).toContain('training ends after 12 epochs where 28 are enough');
    expect(short).toContain('width 32, 2 layers, window 16, at most 12 epochs of 3.0 s on WebAssembly (--budget 1)');
  });

  it('is ordered by quality', () => {
    expect(PLANS[0]).toBe(PAPER_PLAN);
    expect(PLANS.map(({ ndcg }) => ndcg)).toEqual(PLANS.map(({ ndcg }) => ndcg).toSorted((a, b) => b - a));
  });
});
