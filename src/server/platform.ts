import { CairnError } from '../errors.ts';
import type { Location } from '../io/uri.ts';
import type { Answer } from './answer.ts';
import type { FileTree } from './files/file-tree.ts';
import type { ServerSettings } from './server-options.ts';

/** Where a server listens. */
export interface ListenOptions {
  /** Default: 8080; 0 for any that is free. */
  readonly port?: number | undefined;
  /** Default: 127.0.0.1. Any other address than those of this machine needs a token. */
  readonly host?: string | undefined;
  /** Whether another address may do without a token. Default: false. */
  readonly insecure?: boolean | undefined;
}

/** Where a server has begun to listen. */
export interface ListenAddress {
  readonly url: string;
  readonly host: string;
  readonly port: number;
}

/** A listener: what connects {@link AnswerRequest} to a port. */
export interface Listener {
  readonly address: ListenAddress;
  /** Accepts no more connections, and ends when all answers that were begun are sent, or when the time is up. */
  close(timeoutMs: number): Promise<void>;
}

/** Answers requests. */
export type AnswerRequest = (request: Request) => Promise<Answer>;

/** The page that the package has built, if it has. */
export interface PageFiles {
  /** Its HTML, in which `<!--cairn:bootstrap-->` stands for the first data. */
  readonly html: string;
  /** Returns an asset by its name; undefined if there is none. */
  asset(
    name: string,
  ): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly type: string } | undefined>;
}

/** What a platform adds to a server: Node's is src/node/server.ts. */
export interface ServerPlatform {
  listen(
    answer: AnswerRequest,
    where: { host: string; port: number },
    settings: ServerSettings,
  ): Promise<Listener>;
  /** The files below a root; undefined if {@link StorageTree} does. */
  files(root: Location): Promise<FileTree | undefined>;
  page(): Promise<PageFiles | undefined>;
}

let platform: ServerPlatform | undefined;

/** Makes the platform known. */
export function registerServerPlatform(given: ServerPlatform): void {
  platform = given;
}

/** Returns the platform; undefined where there is no more than web standards. */
export function serverPlatform(): ServerPlatform | undefined {
  return platform;
}

/** Returns the platform, for what nothing else can do. @throws {CairnError} `UNSUPPORTED`. */
export function listeningPlatform(): ServerPlatform {
  if (platform !== undefined) return platform;
  throw new CairnError(
    'UNSUPPORTED',
    'this host has no listener of its own: pass server.fetch to its server',
    {},
  );
}
