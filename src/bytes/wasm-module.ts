/** A module that is compiled once per process, when it is first needed. */
export class WasmModule<Exports> {
  readonly #base64: string;
  #compiling: Promise<WebAssembly.Module> | undefined;

  constructor(base64: string) {
    this.#base64 = base64;
  }

  /** A new instance, with memory of its own. */
  async instantiate(): Promise<Exports> {
    this.#compiling ??= WebAssembly.compile(decodeBase64(this.#base64));
    const instance = await WebAssembly.instantiate(await this.#compiling);
    return instance.exports as unknown as Exports;
  }
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
