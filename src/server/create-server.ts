/// <reference lib="esnext.disposable" preserve="true" />

import { checkFlag, checkOptions } from '../check-options.ts';
import { asText, CairnError, invalidArgument } from '../errors.ts';
import { packageNotLoaded } from '../missing-package.ts';
import { type AccessRules, hostName, isLoopback } from './access-guard.ts';
import { responseOf } from './answer.ts';
import type { App } from './app.ts';
import { type ListenAddress, type Listener, type ListenOptions, listeningPlatform } from './platform.ts';
import { checkServerOptions, type ServerOptions, type ServerSettings } from './server-options.ts';

/** Addresses that stand for all of a machine. */
const EVERY_ADDRESS: ReadonlySet<string> = new Set(['0.0.0.0', '[::]']);

/** Serves a root: see {@link createServer}. */
export class CairnServer {
  readonly #settings: ServerSettings;
  readonly #hosts: Set<string>;
  readonly #listeners: Listener[] = [];
  #anyAddress = false;
  #opening: Promise<App> | undefined;
  #closing: Promise<void> | undefined;

  /** @internal Use `createServer`. */
  constructor(settings: ServerSettings) {
    this.#settings = settings;
    this.#hosts = new Set(settings.allowedHosts);
  }

  /**
   * Answers a request: what a host with a server of its own (Bun, Deno, Workers) is given. It can be passed on without the
   * server. Headers and idle connections are limited by that host.
   *
   * @throws {CairnError} (as a rejection) what {@link listen} throws of the root; `CLOSED`.
   */
  readonly fetch: (request: Request) => Promise<Response> = async (request) => {
    const app = await this.#app();
    return responseOf(await app.answer(request));
  };

  /**
   * Opens the root and listens. Node only.
   *
   * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT` for an address other than this machine's without a token,
   *   `NOT_FOUND` if there is no root, `UNSUPPORTED` if it can't be listed, a package is missing or the host can't listen,
   *   `IO` if the port is taken, `CLOSED`.
   */
  async listen(options: ListenOptions = {}): Promise<ListenAddress> {
    const {
      port = 8080,
      host = '127.0.0.1',
      insecure = false,
    } = checkOptions(options, ['port', 'host', 'insecure']);
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw invalidArgument('port', `port must be an integer from 0 to 65535, not ${asText(port)}`);
    if (typeof host !== 'string' || host === '')
      throw invalidArgument('host', 'host must be a name or an address, such as 127.0.0.1');
    checkFlag('insecure', insecure);
    const name = hostName(host);
    if (!isLoopback(name) && this.#settings.token === undefined && !insecure) {
      throw invalidArgument(
        'host',
        `${host} can be reached from other machines: set a token, or say insecure to let everyone in`,
      );
    }
    const platform = listeningPlatform();
    const app = await this.#app();
    const listener = await platform.listen(app.answer, { host, port }, this.#settings);
    if (this.#closing !== undefined) {
      await listener.close(0);
      throw closed();
    }
    this.#listeners.push(listener);
    this.#allow(name);
    return listener.address;
  }

  /**
   * Accepts no more connections, lets answers that were begun end, for at most `closeTimeoutMs`, and closes what is open.
   * Calling it twice is a no-op.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close(this.#settings.closeTimeoutMs)));
    const app = await this.#opening?.catch(() => undefined);
    await app?.close();
  }

  /** A page that rebinds its name to this address still sends its own name. Behind a token it gets nothing. */
  #allow(name: string): void {
    if (!EVERY_ADDRESS.has(name)) this.#hosts.add(name);
    else if (this.#settings.token !== undefined) this.#hosts.add('*');
    else this.#anyAddress = true;
  }

  #app(): Promise<App> {
    if (this.#closing !== undefined) return Promise.reject(closed());
    if (this.#opening === undefined) {
      this.#opening = this.#open();
      // What failed, such as a root that is not there yet, may succeed later.
      this.#opening.catch(() => {
        this.#opening = undefined;
      });
    }
    return this.#opening;
  }

  async #open(): Promise<App> {
    const { openApp } = await import('./app.ts').catch(packageNotLoaded);
    const rules = (): AccessRules => ({
      token: this.#settings.token,
      hosts: this.#hosts,
      anyAddress: this.#anyAddress,
    });
    return openApp(this.#settings, rules);
  }
}

/**
 * Makes a server of the namespaces, stores and collections below a root: Kestra's KV API, a JSON API and byte ranges for
 * stores, and a page.
 *
 * Nothing is opened before the first request, or `listen()`.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` naming the option.
 *
 * @example
 * ```ts
 * import { mkdtempSync } from 'node:fs';
 * import { createStore, openStore } from 'cairnkv';
 * import { createServer } from 'cairnkv/server';
 *
 * const root = mkdtempSync('served-');
 * await createStore(`${root}/fruit`).put('apple', 'red').close();
 * const server = createServer({ root });
 * const { url } = await server.listen({ port: 0 });
 *
 * const answer = await fetch(`${url}/api/v1/stores/fruit/entries/apple`);
 * console.log(await answer.json()); // { key: 'apple', value: 'red' }
 * console.log(await openStore(`${url}/files/fruit`).get('apple')); // red
 * await server.close();
 * ```
 */
export function createServer(options: ServerOptions): CairnServer {
  return new CairnServer(checkServerOptions(options));
}

function closed(): CairnError {
  return new CairnError('CLOSED', 'the server has been closed', { resource: 'the server' });
}
