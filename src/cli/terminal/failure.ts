import { type CairnErrorCode, isCairnError } from '../../errors.ts';
import { missingPackage } from '../../missing-package.ts';
import { inCommandWords } from '../words/command-words.ts';

/** The command's exit codes. */
export const EXIT: Readonly<Record<'ok' | 'absent' | 'usage' | 'corrupt' | 'io' | 'noStore', number>> = {
  ok: 0,
  /** A key is not there; two stores differ. */
  absent: 1,
  /** The command line, refused input, or a target that exists. */
  usage: 2,
  /** Damage, or a format of a newer version. */
  corrupt: 3,
  /** The disk, the network, the permissions. */
  io: 4,
  /** The store, collection or version is not there. */
  noStore: 5,
};

/** The signals by which the user or the system asks a command to end. A terminal that closes sends SIGHUP. */
export const INTERRUPTIONS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The user or the system asked the command to end. */
export class Interruption extends Error {
  readonly signal: (typeof INTERRUPTIONS)[number];

  constructor(signal: (typeof INTERRUPTIONS)[number]) {
    super('interrupted');
    this.signal = signal;
  }
}

/** The reader of the output has closed it. */
export class BrokenPipe extends Error {}

const EXIT_OF_CODE: Readonly<Record<CairnErrorCode, number>> = {
  INVALID_ARGUMENT: EXIT.usage,
  NOT_FOUND: EXIT.noStore,
  ALREADY_EXISTS: EXIT.usage,
  INCOMPLETE: EXIT.noStore,
  NOT_A_STORE: EXIT.noStore,
  KEY_ORDER: EXIT.usage,
  DUPLICATE_KEY: EXIT.usage,
  TOO_LARGE: EXIT.usage,
  // The data are intact, and not what was asked for.
  SCHEMA_MISMATCH: EXIT.usage,
  CORRUPTION: EXIT.corrupt,
  UNSUPPORTED_FORMAT: EXIT.corrupt,
  UNSUPPORTED: EXIT.usage,
  IO: EXIT.io,
  CONFLICT: EXIT.usage,
  // The same command reads the new store.
  REPLACED: EXIT.io,
  CLOSED: EXIT.io,
};

const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** Returns the exit code for a failure. */
export function exitCodeOf(error: unknown): number {
  if (isCairnError(error)) return EXIT_OF_CODE[error.code] ?? EXIT.io;
  if (missingPackage(error) !== undefined) return EXIT.usage;
  if (error instanceof BrokenPipe) return EXIT.ok;
  // The shells' convention: 128 plus the number of the signal.
  if (error instanceof Interruption) return 128 + SIGNAL_NUMBERS[error.signal];
  return EXIT.io;
}

/** Returns the message of a failure as one line, without a stack. */
export function messageOf(error: unknown): string {
  const { message } = missingPackage(error) ?? (error instanceof Error ? error : new Error(String(error)));
  return inCommandWords(message).replaceAll('\n', ' ');
}
