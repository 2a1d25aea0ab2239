import { spawn } from 'node:child_process';
import { CairnError } from '../../errors.ts';

/** What a command printed, and how it ended. */
export interface CommandOutcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/**
 * Runs a command of another program to its end.
 *
 * @throws {CairnError} `UNSUPPORTED` if there is no such command; `program` says what it is part of.
 */
export function runCommand(
  [command, ...words]: readonly [string, ...string[]],
  program: string,
): Promise<CommandOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      out += piece;
    });
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      err += piece;
    });
    child.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'ENOENT' ? 'there is no such command on this machine' : cause.message;
      reject(
        new CairnError('UNSUPPORTED', `${command} can't be run, which is part of ${program}: ${reason}`, {
          cause,
        }),
      );
    });
    child.once('close', (code) => resolve({ code, out, err }));
  });
}
