import { invalidArgument } from '../../errors.ts';
import { openInputs } from './input.ts';
import type { Io } from './io.ts';

/** Keys that are looked up together. */
const KEYS_AT_ONCE = 1000;

/** Yields the lines of files that are not empty, without their ends, many at once. */
export async function* keyLines(files: readonly string[], io: Io): AsyncGenerator<readonly string[]> {
  const signal = io.interrupts();
  for (const input of await openInputs(files, 'auto', io)) {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    let rest = '';
    let lines: string[] = [];
    const take = (text: string): void => {
      const pieces = (rest + text).split('\n');
      rest = pieces.pop() ?? '';
      for (const piece of pieces) {
        const line = piece.endsWith('\r') ? piece.slice(0, -1) : piece;
        if (line !== '') lines.push(line);
      }
    };
    const decode = (chunk?: Uint8Array): string => {
      try {
        return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
      } catch (error) {
        throw invalidArgument('file', `${input.name} is not UTF-8: keys are read as text, one a line`, error);
      }
    };
    for await (const chunk of input.chunks(signal, () => undefined)) {
      take(decode(chunk));
      for (; lines.length >= KEYS_AT_ONCE; lines = lines.slice(KEYS_AT_ONCE))
        yield lines.slice(0, KEYS_AT_ONCE);
    }
    take(`${decode()}\n`);
    if (lines.length > 0) yield lines;
  }
}
