import type { Readable, Writable } from 'node:stream';
import { INTERRUPTIONS, Interruption } from './failure.ts';

/** The streams, variables and signals that a command works with: those of the process, or of a test. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds on a monotonic clock. */
  now(): number;
  /**
   * A signal that is aborted when the user or the system asks the command to end. Handlers are installed at the first
   * call: a command that has nothing to clean up is ended by the signal itself.
   */
  interrupts(): AbortSignal;
}

/** The streams and signals of this process. */
export function processIo(): Io {
  let controller: AbortController | undefined;
  return {
    // Reading the property opens the stream, and an open stream that nothing reads keeps the process alive.
    get stdin() {
      return process.stdin;
    },
    // Making a stream takes 1 ms, and some commands need one of these alone.
    get stdout() {
      return withListener(process.stdout);
    },
    get stderr() {
      return withListener(process.stderr);
    },
    env: process.env,
    now: () => performance.now(),
    interrupts() {
      if (controller === undefined) {
        const made = new AbortController();
        controller = made;
        // Once: a second signal ends the process without waiting for the clean-up.
        for (const name of INTERRUPTIONS) {
          process.once(name, () => made.abort(new Interruption(name)));
        }
      }
      return controller.signal;
    },
  };
}

/** `Output` reports failures of the stream; without a listener they would end the process. */
function withListener<S extends Writable>(stream: S): S {
  if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore);
  return stream;
}

function ignore(): void {}
