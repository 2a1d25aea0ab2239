import { CairnError } from '../errors.ts';

/** A module that is compiled once per process, when it is first needed. */
export class WasmModule<Exports> {
  readonly #base64: string;
  #compiling: Promise<WebAssembly.Module> | undefined;

  constructor(base64: string) {
    this.#base64 = base64;
  }

  /**
   * Returns a new instance with its own memory.
   *
   * @throws {CairnError} (as a rejection) `UNSUPPORTED` if the platform has no WebAssembly, or the page
   * forbids it.
   */
  async instantiate(): Promise<Exports> {
    this.#compiling ??= compile(this.#base64);
    const module = await this.#compiling;
    const instance = await WebAssembly.instantiate(module);
    return instance.exports as unknown as Exports;
  }
}

async function compile(base64: string): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(decodeBase64(base64));
  } catch (cause) {
    throw new CairnError(
      'UNSUPPORTED',
      "checksums need WebAssembly, which can't be had here. A page allows it by 'wasm-unsafe-eval' in the script-src of " +
        'its Content-Security-Policy',
      { cause },
    );
  }
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
