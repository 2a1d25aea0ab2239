import { invalidArgument } from '../../errors.ts';
import { bytesOfHex } from '../../text/json-text.ts';
import { parserOfText, type TextEncodings } from '../../text/text-fields.ts';

/**
 * Returns the value that an argument of the command line means: text, JSON, or for bytes hex (`0x00ff`), where an argument
 * that is no hex stands for the bytes of its text.
 *
 * @throws {CairnError} `INVALID_ARGUMENT`.
 */
export function parseValue(text: string, { valueEncoding, temporal }: TextEncodings): unknown {
  if (valueEncoding === 'binary') {
    const bytes = text.startsWith('0x') ? bytesOfHex(text.slice(2)) : undefined;
    return bytes ?? new TextEncoder().encode(text);
  }
  try {
    return parserOfText(valueEncoding, temporal)(text);
  } catch (error) {
    throw invalidArgument(
      'value',
      `the value ${text} can't be read as JSON, and the values of this collection are ${valueEncoding}: ` +
        `${(error as Error).message}. Text is written in quotes, as '"${text}"'`,
      error,
    );
  }
}
