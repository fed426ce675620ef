import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.js';

describe('createLogger', () => {
  const collect = (): { lines: string[]; write: (line: string) => void } => {
    const lines: string[] = [];
    return { lines, write: (line) => lines.push(line) };
  };

  it('writes one JSON object a line, errors with their causes', () => {
    const { lines, write } = collect();
    const error = new Error('no\nnews', { cause: new RangeError('far') });
    createLogger('info', write).error('it failed', { task: 3, error, count: 5n });
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain('\n');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'error',
      message: 'it failed',
      task: 3,
      count: '5',
      error: { name: 'Error', message: 'no\nnews', cause: { name: 'RangeError', message: 'far' } },
    });
  });

  it('leaves out what is less grave than its level', () => {
    const { lines, write } = collect();
    const logger = createLogger('warn', write);
    logger.debug('a');
    logger.info('b');
    logger.warn('c');
    logger.error('d');
    expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual(['c', 'd']);
  });
});
