import { defineConfig } from 'vitest/config';

// These start Slurm and Redis of the system's packages, and install what is missing: `npm run test:engines`.
export default defineConfig({
  test: {
    include: ['test/engines/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 300_000,
    pool: 'forks',
    fileParallelism: false,
  },
});
