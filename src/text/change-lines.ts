import { decodeUtf8 } from '../bytes/utf8.ts';
import type { InvalidEntry, OnInvalidEntry } from './entry-batch.ts';
import { brokenUtf8, findInvalidUtf8 } from './invalid-utf8.ts';
import { jsonProblem, parseJsonExactly } from './json-text.ts';
import { type LineBlock, oversizedLine, startsWithMark } from './line-blocks.ts';
import { parserOfMember, type TextEncodings } from './text-fields.ts';

const NEWLINE = 0x0a;
const BLANK = /^[ \t\r]*$/;
const MEMBERS = ['set', 'delete'];
const SHAPE = 'a change is {"set":[key,value]} or {"delete":key}';

/** A change of one key, and its line, from 1. */
export interface LineChange {
  readonly line: number;
  readonly key: unknown;
  /** Undefined if the key is deleted: no encoding keeps that as a value. */
  readonly value: unknown;
}

/** How changes are read from lines. */
export interface ChangeLineOptions extends TextEncodings {
  /** Reads a key that is text where the encoding keeps bytes; default: its UTF-8. */
  readonly keyOfText?: ((text: string) => unknown) | undefined;
}

/**
 * Creates a stage of a stream-chain pipeline that turns {@link LineBlock}s of `{"set":[key,value]}` and `{"delete":key}` into
 * changes. Each input needs its own. Skips blank lines and a byte-order mark at the beginning. Reads types that JSON lacks as
 * `parseTaggedJson` does, if the encoding keeps them.
 *
 * @param onInvalid is called for lines that are no such object, or contain invalid UTF-8.
 * @throws {CairnError} `INVALID_ARGUMENT` if the encoding needs a `temporal` and there is none.
 */
export function parseChangeLines(
  { keyEncoding, valueEncoding, temporal, keyOfText }: ChangeLineOptions,
  onInvalid: OnInvalidEntry,
): (block: LineBlock) => LineChange[] {
  const readKeyMember = parserOfMember(keyEncoding, temporal);
  const readValue = parserOfMember(valueEncoding, temporal);
  const readKey = (member: unknown): unknown =>
    keyEncoding === 'binary' && typeof member === 'string' && keyOfText !== undefined
      ? keyOfText(member)
      : readKeyMember(member);
  let line = 0;

  const readLine = (text: string): LineChange | undefined => {
    if (BLANK.test(text)) return undefined;
    const change = parseJsonExactly(text);
    if (typeof change !== 'object' || change === null || Array.isArray(change)) throw new TypeError(SHAPE);
    const [name, ...others] = Object.keys(change);
    if (others.length > 0 || !MEMBERS.includes(name)) throw new TypeError(SHAPE);
    const member = (change as Readonly<Record<string, unknown>>)[name];
    if (name === 'delete') return { line, key: readKey(member), value: undefined };
    if (!Array.isArray(member) || member.length !== 2) throw new TypeError(SHAPE);
    return { line, key: readKey(member[0]), value: readValue(member[1]) };
  };

  return (block) => {
    const { bytes, start, end, offset, oversized } = block;
    const changes: LineChange[] = [];
    if (oversized) {
      line++;
      onInvalid(oversizedLine(block, line));
      return changes;
    }
    for (let at = offset === 0 && startsWithMark(bytes, start, end) ? start + 3 : start; at < end; ) {
      const newline = bytes.indexOf(NEWLINE, at);
      const lineEnd = newline < 0 || newline >= end ? end : newline;
      line++;
      const place = (where: number): Pick<InvalidEntry, 'place' | 'offset' | 'final'> => ({
        place: line,
        offset: offset + where - start,
        final: false,
      });
      const broken = findInvalidUtf8(bytes, at, lineEnd);
      if (broken >= 0) {
        const where = place(broken);
        onInvalid({ ...where, reason: 'utf8', problem: brokenUtf8(bytes[broken], where.offset) });
      } else {
        try {
          const change = readLine(decodeUtf8(bytes, at, lineEnd));
          if (change !== undefined) changes.push(change);
        } catch (error) {
          onInvalid({ ...place(at), reason: 'json', problem: jsonProblem(error) });
        }
      }
      at = lineEnd + 1;
    }
    return changes;
  };
}
