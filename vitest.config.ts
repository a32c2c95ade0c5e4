import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'server',
          include: ['server/test/**/*.test.ts'],
          globalSetup: ['server/test/support/thread-program.ts'],
          testTimeout: 120_000,
          hookTimeout: 300_000,
          // CI servers set the variable CI, which turns on the colours of the command line.
          env: { NO_COLOR: '1' }
        }
      },
      // Too slow for `npm test`: `npm run test:clusters` runs them.
      {
        test: {
          name: 'clusters',
          include: ['server/test/**/*.slow.ts'],
          globalSetup: ['server/test/support/thread-program.ts'],
          // Real servers on a machine that others use as well: this only stops what hangs.
          testTimeout: 600_000,
          hookTimeout: 600_000,
          // Each test has servers of its own, and a machine has room for those of one.
          fileParallelism: false,
          env: { NO_COLOR: '1' }
        }
      },
      { test: { name: 'frontend', include: ['src/**/__tests__/**/*.test.ts'] } },
      { test: { name: 'bench', include: ['bench/test/**/*.test.ts'], testTimeout: 120_000 } },
      { test: { name: 'scripts', include: ['scripts/test/**/*.test.mjs'], testTimeout: 120_000 } }
    ],
    // For machines of two cores: with more workers the real pex, Spark and S3 processes only wait for each other.
    maxWorkers: 2
  }
});
