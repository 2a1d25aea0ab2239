import { HttpServer } from '../support/http-server.ts';
import { readTree } from '../support/storage-tools.ts';

/** A web server to which finished stores are copied, as users do to publish them. */
export class ServedCopies {
  readonly #files: Map<string, Uint8Array>;
  readonly #server: HttpServer;
  #number = 0;

  private constructor(files: Map<string, Uint8Array>, server: HttpServer) {
    this.#files = files;
    this.#server = server;
  }

  static async start(): Promise<ServedCopies> {
    const files = new Map<string, Uint8Array>();
    return new ServedCopies(files, await HttpServer.start(files));
  }

  /** Copies what is below a URI; gives the URL of the copy, which stays as it is until {@link clear}. */
  async publish(uri: string): Promise<string> {
    const root = `/copy-${this.#number++}`;
    for (const [path, bytes] of await readTree(uri)) this.#files.set(`${root}/${path}`, bytes);
    this.#server.behave();
    return this.#server.origin + root;
  }

  clear(): void {
    this.#files.clear();
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}
