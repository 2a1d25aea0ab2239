import { defineConfig } from 'vitest/config';

// These install the package as users do: `npm run check:package`.
export default defineConfig({
  test: {
    include: ['test/package/*.installed.ts'],
    testTimeout: 60_000,
    hookTimeout: 300_000,
    pool: 'forks',
    fileParallelism: false,
  },
});
