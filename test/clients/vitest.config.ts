import { defineConfig } from 'vitest/config';

// These run Kestra's own clients against the command as it is built, and install them: `npm run test:clients`.
export default defineConfig({
  test: {
    include: ['test/clients/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    pool: 'forks',
    fileParallelism: false,
  },
});
