import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { serveStatic } from '../../fixtures/demo/page/static-server.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    /** A server of the golden files, for pages of any origin. */
    goldenOrigin: string;
  }
}

/** Serves, for the tests that run in a browser, what they can't read from a disk. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const golden = fileURLToPath(new URL('../../fixtures/golden/v1', import.meta.url));
  const server = await serveStatic({ '/': golden }, { anyOrigin: true });
  project.provide('goldenOrigin', server.origin);
  return () => server.close();
}
