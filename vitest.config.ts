import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'offline/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['dist/**', 'node_modules/**'],
    // .ci/run counts from the JSON report; people read the other one.
    reporters: ['default', ['json', { outputFile: 'dist/test-report.json' }]],
    // Servers for tests that ask for them (test/services/use.ts); costs nothing for a run that asks for none.
    globalSetup: ['test/services/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
