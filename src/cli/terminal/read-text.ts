import { invalidArgument } from '../../errors.ts';
import { openInputs } from './input.ts';
import type { Io } from './io.ts';

/**
 * Reads a whole file as text, or standard input for `-`. A byte-order mark is left out.
 *
 * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT` for a file that is not there or not UTF-8, `IO`.
 */
export async function readText(file: string, io: Io): Promise<string> {
  const [input] = await openInputs([file], 'none', io);
  const pieces: Uint8Array[] = [];
  for await (const piece of input.chunks(io.interrupts(), () => undefined)) pieces.push(piece);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces));
  } catch (error) {
    throw invalidArgument('file', `${input.name} is not text in UTF-8`, error);
  }
}
