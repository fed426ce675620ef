import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createMetrics } from './metrics.js';

const PAGES = ['README.md', ...globSync('docs/**/*.md')];
const registered = new Set(
  createMetrics()
    .registry.getMetricsAsArray()
    .map(({ name }) => name)
    .filter((name) => name.startsWith('steerstream_')),
);

function namedIn(page: string): readonly string[] {
  return readFileSync(page, 'utf8').match(/\bsteerstream_\w+/g) ?? [];
}

describe('the documentation', () => {
  it('names no metric that does not exist', () => {
    const unknown = PAGES.flatMap((page) =>
      namedIn(page)
        .filter((name) => !registered.has(name))
        .map((name) => `${page}: ${name}`),
    );
    expect(unknown).toEqual([]);
  });

  it('tells what each is, in docs/operations.md', () => {
    expect([...registered].filter((name) => !namedIn('docs/operations.md').includes(name))).toEqual([]);
  });
});
