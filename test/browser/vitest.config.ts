import { realpathSync } from 'node:fs';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { CHROMIUM, CHROMIUM_FLAGS } from './chromium.ts';

// Run by `npm run test:browser`. Two ways: tests that run in Chromium, and tests in Node that drive its pages.
export default defineConfig({
  test: {
    projects: [
      {
        // Where packages really are, when their folder is a link.
        server: { fs: { allow: ['.', realpathSync('node_modules')] } },
        // The module that loads its WebAssembly from beside it must stay where it is.
        optimizeDeps: {
          exclude: ['@bokuweb/zstd-wasm'],
          include: ['@msgpack/msgpack', 'fast-check', 'fflate', 'fzstd'],
        },
        test: {
          name: 'in Chromium',
          include: ['test/browser/**/*.browser.ts'],
          globalSetup: ['test/browser/served-files.ts'],
          testTimeout: 60_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: { executablePath: CHROMIUM, args: [...CHROMIUM_FLAGS] },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        test: {
          name: 'pages',
          include: ['test/browser/**/*.page.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          pool: 'forks',
        },
      },
    ],
  },
});
