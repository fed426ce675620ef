import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'offline/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['dist/**', 'node_modules/**'],
    // .ci/run counts from the JSON report; people read the other one.
    reporters: ['default', ['json', { outputFile: 'dist/test-report.json' }]],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
