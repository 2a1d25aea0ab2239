import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Stores are built and corrupted thousands of times in some files; the default of 5 s is for unit tests.
    testTimeout: 60_000,
    pool: 'forks',
  },
});
