import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WasmModule } from '../../src/bytes/wasm-module.ts';
import type { Xxh64Exports } from '../../src/bytes/xxh64.ts';
import { XXH64_WASM } from '../../src/bytes/xxh64-wasm.ts';
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

describe('a module that is given compiled', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('is instantiated where nothing may be compiled', async () => {
    const bytes = Uint8Array.from(atob(XXH64_WASM), (character) => character.charCodeAt(0));
    const module = await WebAssembly.compile(bytes);
    vi.spyOn(WebAssembly, 'compile').mockRejectedValue(new WebAssembly.CompileError('not here'));
    const instance = await new WasmModule<Xxh64Exports>(module).instantiate();
    expect(instance.xxh64(0, 0, 0n, 0)).toBe(BigInt.asIntN(64, 0xef46db3751d8e999n));
  });
});
