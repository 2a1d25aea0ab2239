import { configDefaults, defineConfig } from 'vitest/config';
import type { TestModule } from 'vitest/node';

// One closing line that is the same for every runner.
const closingLine = {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state !== 'pending') count[state]++;
      }
    }
    process.stdout.write(`tests: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`);
  },
};

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Those need clients and servers of other people's, `npm run test:clients`, `npm run test:servers` and `npm run test:engines`,
    // a kernel that fails, `npm run test:faults`, or readers of others, `npm run fuzz:import`.
    exclude: [
      ...configDefaults.exclude,
      'test/clients/**',
      'test/servers/**',
      'test/engines/**',
      'test/machine/**',
      'test/references/**',
    ],
    // Stores are built and damaged thousands of times in some files; the default of 5 s is for unit tests.
    testTimeout: 60_000,
    pool: 'forks',
    // As many as there are cores: the process that waits for them has next to nothing to do.
    maxWorkers: '100%',
    reporters: ['default', closingLine],
    // `npm run coverage`: a decision of the format or the store that no test takes both ways is one that nothing holds.
    coverage: {
      provider: 'v8',
      include: ['src/format/**/*.ts', 'src/partition/**/*.ts', 'src/store/**/*.ts'],
      thresholds: {
        'src/format/**': { branches: 98 },
        'src/partition/**': { branches: 98 },
        'src/store/**': { branches: 98 },
      },
      reporter: [['text', { skipFull: true }]],
      reportOnFailure: true,
    },
  },
});
