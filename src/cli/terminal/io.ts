import type { Readable, Writable } from 'node:stream';
import { Interruption } from './failure.ts';

/** What a command has of the world: a process's own streams, or a test's. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds that only go forward. */
  now(): number;
  /**
   * A signal that is aborted when the user or the system asks the command to end. Only from the first call on: a
   * command that has nothing to clean up just dies.
   */
  interrupts(): AbortSignal;
}

/** The streams and signals of this process. */
export function processIo(): Io {
  let controller: AbortController | undefined;
  return {
    // Looking at it opens it, and an input that nobody reads would keep the process waiting.
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    now: () => performance.now(),
    interrupts() {
      if (controller === undefined) {
        const made = new AbortController();
        controller = made;
        // Once: who asks a second time doesn't want to wait for the cleaning up.
        for (const name of ['SIGINT', 'SIGTERM'] as const) {
          process.once(name, () => made.abort(new Interruption(name)));
        }
      }
      return controller.signal;
    },
  };
}
