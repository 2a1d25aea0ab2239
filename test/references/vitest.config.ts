import { defineConfig } from 'vitest/config';

// Compares imports with readers of others, which must be installed: python3, sqlite3 and jq. `npm run fuzz:import`.
export default defineConfig({
  test: {
    include: ['test/references/*.test.ts'],
    testTimeout: 86_400_000,
    pool: 'forks',
  },
});
