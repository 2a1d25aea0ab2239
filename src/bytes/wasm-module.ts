import { CairnError } from '../errors.ts';

/** A module that is compiled once per process, when it is first needed. */
export class WasmModule<Exports> {
  readonly #source: string | WebAssembly.Module;
  #compiling: Promise<WebAssembly.Module> | undefined;

  /** @param source the module's bytes in base64; already compiled in runtimes that compile no bytes. */
  constructor(source: string | WebAssembly.Module) {
    this.#source = source;
  }

  /**
   * Returns a new instance with its own memory.
   *
   * @throws {CairnError} (as a rejection) `UNSUPPORTED` if the platform has no WebAssembly, or the page
   * forbids it.
   */
  async instantiate(): Promise<Exports> {
    this.#compiling ??= compile(this.#source);
    const module = await this.#compiling;
    const instance = await WebAssembly.instantiate(module);
    return instance.exports as unknown as Exports;
  }
}

async function compile(source: string | WebAssembly.Module): Promise<WebAssembly.Module> {
  if (typeof source !== 'string') return source;
  try {
    return await WebAssembly.compile(decodeBase64(source));
  } catch (cause) {
    throw new CairnError(
      'UNSUPPORTED',
      "checksums need WebAssembly, which can't be had here. A page allows it by 'wasm-unsafe-eval' in the script-src of " +
        "its Content-Security-Policy; in workerd, the export condition 'workerd' imports it compiled",
      { cause },
    );
  }
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
