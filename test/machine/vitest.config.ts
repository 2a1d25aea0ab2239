import { defineConfig } from 'vitest/config';

// These let the kernel fail, and need Linux, strace and the right to mount: `npm run test:faults` installs what is missing.
export default defineConfig({
  test: {
    include: ['test/machine/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 300_000,
    pool: 'forks',
    fileParallelism: false,
  },
});
