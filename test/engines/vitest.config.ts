import { defineConfig } from 'vitest/config';

// These start Slurm and Redis of the system's packages, and install what is missing: `npm run test:engines`.
export default defineConfig({
  test: {
    include: ['test/engines/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 300_000,
    pool: 'forks',
    globalSetup: 'test/engines/install.ts',
    // Most of the time they wait, for leases that run out and nodes that are missed.
    maxWorkers: 2,
  },
});
