import { describe, expect, it } from 'vitest';
import { createProgress, duration, formatProgress } from './progress.js';

const options = { label: 'import', total: 60_000, unit: 'records' };

describe('formatProgress', () => {
  it('shows done, share, rate and time left', () => {
    const line = formatProgress(options, { done: 12_000, resumedAt: 0, elapsedMs: 2_000 });
    expect(line).toBe('import  12,000 / 60,000 records  20 %  6,000/s  0:08 left');
  });

  it('counts only what this run did into the rate', () => {
    const line = formatProgress(options, { done: 50_000, resumedAt: 40_000, elapsedMs: 10_000, note: 'going on' });
    expect(line).toBe('import  50,000 / 60,000 records  83 %  1,000/s  0:10 left  going on');
  });

  it('promises nothing before anything is known', () => {
    expect(formatProgress(options, { done: 0, resumedAt: 0, elapsedMs: 0 })).toBe('import  0 / 60,000 records  0 %');
    expect(formatProgress({ label: 'train', unit: 'steps' }, { done: 3, resumedAt: 0, elapsedMs: 2_000 })).toBe(
      'train  3 steps  1.5/s',
    );
  });

  it('writes durations', () => {
    expect([0, 7, 61, 3600].map(duration)).toEqual(['0:00', '0:07', '1:01', '1:00:00']);
  });
});

describe('createProgress', () => {
  function sink(isTerminal: boolean) {
    const written: string[] = [];
    const state = { time: 0 };
    return {
      written,
      state,
      isTerminal,
      columns: 30,
      write: (s: string) => void written.push(s),
      now: () => state.time,
    };
  }

  it('redraws one line on a terminal, never wider than it', () => {
    const terminal = sink(true);
    const progress = createProgress(options, terminal);
    progress.tick(0);
    terminal.state.time = 1000;
    progress.tick(6000);
    terminal.state.time = 1001;
    progress.tick(6001);
    expect(terminal.written).toHaveLength(1);
    expect(terminal.written[0]).toContain('\r\u001b[2Kimport  6,000');
    expect(terminal.written[0]?.length).toBe(5 + 29);
    progress.end();
    expect(terminal.written[1]).toMatch(/import: 6,001 records in 1\.0 s\n$/);
  });

  it('writes a line every few seconds elsewhere', () => {
    const file = sink(false);
    const progress = createProgress(options, file);
    for (let second = 0; second <= 11; second++) {
      file.state.time = second * 1000;
      progress.tick(second * 100);
    }
    progress.end('fine');
    expect(file.written).toHaveLength(3);
    expect(file.written.every((line) => line.endsWith('\n') && !line.includes('\r'))).toBe(true);
    expect(file.written[2]).toBe('import: 1,100 records in 11.0 s, fine\n');
  });
});
