import { type Flushable, flushable, getManyValues, isMany, none } from 'stream-chain/core';
import { jsonParser } from 'stream-json/core/parser.js';
import {
  type EntryBatch,
  emptyBatch,
  giveUp,
  type InvalidReason,
  MAX_RECORD_BYTES,
  type OnInvalidEntry,
} from './entry-batch.ts';
import { brokenUtf8 } from './invalid-utf8.ts';
import {
  type BigIntMember,
  bigIntMember,
  JSON_INTEGER,
  type JsonRecordOptions,
  jsonRecordFormatter,
  jsonRecordReader,
  type RecordProblem,
  setMember,
  takenMembers,
} from './json-record.ts';
import { jsonProblem, MAX_DEPTH, memberTwice, parseExactNumber } from './json-text.ts';
import { Utf8Chunks } from './utf8-chunks.ts';

type Token = { readonly name: string; readonly value?: string | boolean | null };

/** The most text passed to the tokenizer at once, even of a line that never ends. */
const PIECE_CHARACTERS = 1 << 16;

/**
 * Creates a stage of a stream-chain pipeline that turns chunks of bytes of one JSON array into entries. Each
 * element is an object, as for `parseJsonLines`. Each input needs its own.
 *
 * Reads with stream-json, and holds only a chunk and one element in memory. Places are elements, from 1, with
 * their lines.
 *
 * @param onInvalid is called for elements that are not objects, lack a member or have one twice, or contain a
 * number that would be altered. Input that is not JSON, or not an array, is final.
 * @throws {CairnError} `INVALID_ARGUMENT` for conflicting options.
 *
 * @example
 * ```ts
 * import { type EntryBatch, parseJsonArray } from 'cairnkv/text';
 * import { gen } from 'stream-chain/core';
 * import { pipe } from 'stream-chain/utils/pipe.js';
 *
 * async function* chunks(texts: string[]) {
 *   for (const text of texts) yield new TextEncoder().encode(text);
 * }
 * const options = { keyEncoding: 'utf8', valueEncoding: 'json', key: ['id'], value: ['is'] } as const;
 * const parse = parseJsonArray(options, (invalid) => {
 *   throw new Error(`element ${invalid.place}: ${invalid.problem}`);
 * });
 * for await (const { keys, values } of pipe(gen(chunks, parse))<EntryBatch>(['[{"id":"a","is', '":[1]}]'])) {
 *   console.log(keys, values); // [ 'a' ] [ [ 1 ] ]
 * }
 * ```
 */
export function parseJsonArray(
  options: JsonRecordOptions,
  onInvalid: OnInvalidEntry,
): Flushable<Uint8Array, EntryBatch | typeof none> {
  const readRecord = jsonRecordReader(options);
  const tokenize = jsonParser({ packValues: true, streamValues: false });
  const characters = new Utf8Chunks();
  const elements = new ElementBuilder(takenMembers(options), bigIntMember(options));
  let batch: EntryBatch & { lines?: number[] } = emptyBatch();
  let offset = 0;
  let line = 1;
  let started = false;
  /** Characters since the last element ended. */
  let pending = 0;

  const refuse = (reason: InvalidReason, problem: string, at = offset): never =>
    giveUp(onInvalid, { place: elements.count + 1, line, offset: at, reason, problem });

  const takeElement = (): void => {
    pending = 0;
    let problem: RecordProblem | undefined;
    try {
      problem =
        elements.problem === undefined
          ? readRecord(elements.value, batch, elements.key)
          : { reason: 'json', problem: elements.problem };
    } catch (error) {
      problem = { reason: 'json', problem: jsonProblem(error) };
    }
    if (problem === undefined) {
      batch.places.push(elements.count);
      batch.lines?.push(elements.line);
    } else {
      const { count: place, line: first } = elements;
      onInvalid({ place, line: first, offset, ...problem, final: false });
    }
  };

  const readPiece = (text: string): void => {
    let result: unknown;
    try {
      result = tokenize(text);
    } catch (error) {
      const what = (error as Error).message.replace(/^Parser (?:cannot parse input|has expected): ?/, '');
      refuse('json', `not valid JSON: ${what}`);
    }
    if (result === none) return;
    const tokens = (isMany(result) ? getManyValues(result) : [result]) as readonly Token[];
    for (const token of tokens) {
      const outcome = elements.take(token, line);
      if (outcome === 'element') takeElement();
      else if (outcome !== undefined) refuse('json', outcome);
    }
  };

  const read = (text: string): void => {
    for (let at = 0; at < text.length; ) {
      // Line by line, to know the line of each element.
      const newline = text.indexOf('\n', at);
      const end = Math.min(newline < 0 ? text.length : newline + 1, at + PIECE_CHARACTERS);
      pending += end - at;
      readPiece(text.substring(at, end));
      if (end === newline + 1) line++;
      at = end;
    }
    if (pending > MAX_RECORD_BYTES) {
      refuse('too-long', `the element is longer than ${MAX_RECORD_BYTES >> 20} MiB`);
    }
  };

  return flushable(
    (chunk) => {
      batch = { ...emptyBatch(), lines: [] };
      const carried = characters.pending.length;
      const { text, bytes, broken } = characters.read(chunk);
      if (text === undefined) {
        const at = offset - carried + broken;
        return refuse('utf8', brokenUtf8(bytes[broken], at), at);
      }
      read(!started && text.startsWith('\ufeff') ? text.slice(1) : text);
      started ||= text !== '';
      offset += chunk.length;
      return batch.keys.length === 0 ? none : batch;
    },
    () => {
      const { pending: rest } = characters;
      if (rest.length > 0) refuse('utf8', brokenUtf8(rest[0], offset - rest.length), offset - rest.length);
      if (!elements.closed) refuse('json', 'the input ends before its array does');
      return none;
    },
  );
}

/** Builds the elements of an array from tokens. */
class ElementBuilder {
  /** Elements that have ended. */
  count = 0;
  /** The last of them, and the line where it began. */
  value: unknown;
  line = 0;
  /** The problem with the last of them. */
  problem: string | undefined;
  /** Its key, if that is an integer that a number may be unable to hold. */
  key: bigint | undefined;
  closed = false;
  /** The members that make key and value; all if undefined. */
  readonly #taken: ReadonlySet<string> | undefined;
  readonly #exact: BigIntMember | undefined;
  #open = false;
  #fresh = true;
  readonly #stack: (unknown[] | Record<string, unknown>)[] = [];
  readonly #names: string[] = [];
  #name = '';

  constructor(taken: ReadonlySet<string> | undefined, exact: BigIntMember | undefined) {
    this.#taken = taken;
    this.#exact = exact;
  }

  /**
   * Takes a token. Returns `element` if an element has ended, or another text with the problem that prevents
   * it.
   */
  take(token: Token, line: number): string | undefined {
    if (!this.#open) {
      if (token.name !== 'startArray')
        return 'the input is not a JSON array; for one object a line choose jsonl';
      this.#open = true;
      return undefined;
    }
    if (this.#stack.length === 0 && token.name === 'endArray') {
      this.closed = true;
      return undefined;
    }
    if (this.#fresh) {
      this.#fresh = false;
      this.line = line;
      this.problem = undefined;
      this.key = undefined;
    }
    switch (token.name) {
      case 'startObject':
        return this.#push({});
      case 'startArray':
        return this.#push([]);
      case 'endObject':
      case 'endArray':
        return this.#pop();
      case 'keyValue':
        this.#name = token.value as string;
        return undefined;
      case 'numberValue':
        return this.#add(this.#number(token.value as string));
      default:
        return this.#add(token.value);
    }
  }

  #push(container: unknown[] | Record<string, unknown>): string | undefined {
    if (this.#stack.length === MAX_DEPTH) return `more than ${MAX_DEPTH} arrays and objects deep`;
    this.#stack.push(container);
    this.#names.push(this.#name);
    return undefined;
  }

  #pop(): string | undefined {
    const container = this.#stack.pop();
    this.#name = this.#names.pop() as string;
    return this.#add(container);
  }

  #add(value: unknown): string | undefined {
    const parent = this.#stack.at(-1);
    if (parent === undefined) {
      this.value = value;
      this.count++;
      this.#fresh = true;
      return 'element';
    }
    if (Array.isArray(parent)) {
      parent.push(value);
      return undefined;
    }
    const name = this.#name;
    if (Object.hasOwn(parent, name) && this.#taken?.has(this.#member) !== false) {
      this.problem ??= memberTwice(name);
    }
    setMember(parent, name, value);
    return undefined;
  }

  /** The member of the element in which the next value lies. */
  get #member(): string {
    return this.#stack.length > 1 ? this.#names[1] : this.#name;
  }

  #number(digits: string): number {
    const depth = this.#stack.length;
    const member = this.#member;
    if (depth > 0 && this.#taken?.has(member) === false) return Number(digits);
    if (depth === 1 && member === this.#exact?.name && JSON_INTEGER.test(digits)) {
      this.key = BigInt(digits);
      if (!this.#exact.inValue) return Number(digits);
    }
    try {
      return parseExactNumber(digits);
    } catch (error) {
      this.problem ??= (error as Error).message;
      return 0;
    }
  }
}

/**
 * Creates a stage of a stream-chain pipeline that turns arrays of entries into one JSON array, an element a
 * line. The array ends when the pipeline does. {@link parseJsonArray} with the same options reads the same
 * entries.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` for conflicting options, or an entry that the members cannot hold.
 */
export function formatJsonArray(
  options: JsonRecordOptions,
): Flushable<readonly (readonly [unknown, unknown])[], string> {
  const format = jsonRecordFormatter(options);
  let before = '[\n';
  return flushable(
    (entries) => {
      let text = '';
      for (const [key, value] of entries) {
        text += before + format(key, value);
        before = ',\n';
      }
      return text;
    },
    () => (before === '[\n' ? '[]\n' : '\n]\n'),
  );
}
