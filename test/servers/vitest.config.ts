import { defineConfig } from 'vitest/config';

// These start servers of the system's packages, and install what is missing: `npm run test:servers`.
export default defineConfig({
  test: {
    include: ['test/servers/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    pool: 'forks',
    fileParallelism: false,
  },
});
