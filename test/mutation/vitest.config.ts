import { defineConfig } from 'vitest/config';

// What judges src/format by itself and quickly: each change that is made to it runs the tests that reach it.
export default defineConfig({
  test: {
    include: ['test/format/*.test.ts', 'test/golden/grids.test.ts', 'test/property/block-cursor.test.ts'],
    testTimeout: 60_000,
  },
});
