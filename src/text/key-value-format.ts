import { invalidArgument } from '../errors.ts';
import { hexAdvice, showKey, textOfKey } from './key-format.ts';
import { hasTextKeys, indexOfBytes, type KeyValueLineOptions, showSeparator } from './key-value-lines.ts';
import { concatenate, startsWithMark } from './line-blocks.ts';
import { bytesOf, encoded, textOf } from './text-fields.ts';

const utf8Encoder = new TextEncoder();

/**
 * Creates a stage of a stream-chain pipeline that turns arrays of entries into `key<separator>value` lines:
 * as bytes if a field is bytes, otherwise as text. `parseKeyValueLines` with the same options reads the same
 * entries.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` for an entry that such a line cannot hold.
 *
 * @example
 * ```ts
 * import { formatKeyValueLines } from 'cairnkv/text';
 *
 * const format = formatKeyValueLines({ keyEncoding: 'tuple', valueEncoding: 'utf8', separator: '\t' });
 * console.log(format([[['DE', 42], 'a value']])); // ["DE",42] TAB a value NEWLINE
 * ```
 */
export function formatKeyValueLines(
  options: KeyValueLineOptions,
): (entries: readonly (readonly [unknown, unknown])[]) => string | Uint8Array {
  const { separator, terminator = '\n', keyEncoding, valueEncoding, keyFormat } = options;
  const keyText = textOfKey(keyEncoding, keyFormat);
  const valueText = textOf(valueEncoding);
  if ((keyEncoding === 'binary' && keyFormat === undefined) || valueEncoding === 'binary')
    return formatBytes(options);
  let first = true;
  return (entries) => {
    let text = '';
    for (const [key, value] of entries) {
      const before = keyText(key);
      const after = valueText(value);
      if (first && hasTextKeys(options) && before.startsWith('\ufeff')) throw unfit(key, 'mark', options);
      first = false;
      // The end of the key and the beginning of the separator may form another separator.
      if (`${before}${separator}`.indexOf(separator) !== before.length)
        throw unfit(key, 'separator', options);
      if (before.includes(terminator)) throw unfit(key, 'key', options);
      if (after.includes(terminator)) throw unfit(key, 'value', options);
      text += `${before}${separator}${after}${terminator}`;
    }
    return text;
  };
}

function formatBytes(
  options: KeyValueLineOptions,
): (entries: readonly (readonly [unknown, unknown])[]) => Uint8Array {
  const { separator, terminator = '\n', keyEncoding, valueEncoding, keyFormat } = options;
  const keyBytes =
    keyFormat === undefined ? bytesOf(keyEncoding) : encoded(textOfKey(keyEncoding, keyFormat));
  const valueBytes = bytesOf(valueEncoding);
  const middle = utf8Encoder.encode(separator);
  const end = terminator.charCodeAt(0);
  let first = true;
  return (entries) => {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for (const [key, value] of entries) {
      const before = keyBytes(key);
      const after = valueBytes(value);
      if (first && hasTextKeys(options) && startsWithMark(before, 0, before.length)) {
        throw unfit(key, 'mark', options);
      }
      first = false;
      const line = new Uint8Array(before.length + middle.length + after.length + 1);
      line.set(before);
      line.set(middle, before.length);
      line.set(after, before.length + middle.length);
      if (indexOfBytes(line, middle, 0, line.length) !== before.length)
        throw unfit(key, 'separator', options);
      if (before.includes(end)) throw unfit(key, 'key', options);
      if (after.includes(end)) throw unfit(key, 'value', options);
      line[line.length - 1] = end;
      pieces.push(line);
      length += line.length;
    }
    return concatenate(pieces, length);
  };
}

function unfit(
  key: unknown,
  what: 'separator' | 'key' | 'value' | 'mark',
  options: KeyValueLineOptions,
): Error {
  const { separator, terminator } = options;
  const end = terminator === '\0' ? 'a NUL' : 'a newline';
  const other = terminator === '\0' ? 'length-prefixed' : 'jsonl';
  const named =
    what === 'separator'
      ? `the separator ${showSeparator(separator)}`
      : what === 'mark'
        ? 'a byte-order mark at the beginning of the output'
        : what === 'key'
          ? end
          : `${end} in its value`;
  const advice =
    what === 'separator' ? `choose another separator or the format ${other}` : `choose the format ${other}`;
  return invalidArgument(
    'key',
    `the entry with the key ${showKey(key, options)} has ${named}, which a line can't hold: ${advice}${what === 'value' ? '' : hexAdvice(options)}`,
  );
}
