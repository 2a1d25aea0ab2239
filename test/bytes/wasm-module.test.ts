import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rejection } from '../support/failures.ts';

/** The library as a process loads it that knows no WebAssembly from its start. */
function load(): Promise<typeof import('../../src/node/index.ts')> {
  return import('../../src/node/index.ts');
}

describe.each([
  ['that is not there', undefined],
  [
    'that a page forbids',
    {
      compile: () =>
        Promise.reject(new EvalError('WebAssembly.compile(): violates the Content Security Policy')),
    },
  ],
])('WebAssembly %s', (_, stub) => {
  beforeEach(() => {
    vi.resetModules();
    vi.stubGlobal('WebAssembly', stub);
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  it('keeps nobody from importing, and is UNSUPPORTED with what to do, whatever is asked for', async () => {
    const { createStore, isCairnError, openStore, storeInfo, verifyStore } = await load();
    for (const ask of [
      () => createStore('memory:without').put('a', 1).close(),
      () => openStore('memory:without'),
      () => openStore(new Blob([new Uint8Array(400)])),
      () => storeInfo('memory:without'),
      () => verifyStore('memory:without'),
    ]) {
      const error = await rejection(ask());
      expect(isCairnError(error, 'UNSUPPORTED')).toBe(true);
      expect(error).toMatchObject({ message: expect.stringContaining("'wasm-unsafe-eval'") });
    }
  });
});
