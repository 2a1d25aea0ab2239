import { isKeyEncodingName, isValueEncodingName } from '../../codec/encoding-names.ts';
import type { JsonValue } from '../../codec/values/json-value.ts';
import { invalidArgument } from '../../errors.ts';
import { csvHeader } from '../../text/csv.ts';
import { storedFormat } from '../../text/key-text.ts';
import type { TextKeyEncoding, TextValueEncoding } from '../../text/text-fields.ts';
import { type Input, peek } from '../terminal/input.ts';
import type { EntryFormatName } from '../usage/choices.ts';
import type { ImportArgs } from '../usage/write.ts';
import { formatOfName, takesOptions } from '../words/entry-format.ts';
import { metadataOf } from './import-format.ts';

/** What an input is, by what its name and its first line say. */
export interface InputFormat {
  readonly format: EntryFormatName;
  /** Whether the name or the contents of the input said so, and not the command line. */
  readonly isDetected: boolean;
  /** What the first line says of the store that was exported, if it does. */
  readonly header?: ExportHeader | undefined;
}

/** How a store was made that an export comes from: the first line of an export that could not be imported without. */
export interface ExportHeader {
  /** The format of what follows. Lines have keys as the metadata say. */
  readonly format: 'jsonl' | 'lines';
  readonly keyEncoding: TextKeyEncoding;
  readonly valueEncoding: TextValueEncoding;
  readonly metadata: { readonly [key: string]: JsonValue };
}

/** The member of the first line by which it is known as a header: no entry has a member of that name. */
const HEADER_MEMBER = '$cairn';

/** Returns the first line of an export: JSON, with a newline. */
export function formatHeader({ format, keyEncoding, valueEncoding, metadata }: ExportHeader): string {
  return `${JSON.stringify({ [HEADER_MEMBER]: { format, keyEncoding, valueEncoding, metadata } })}\n`;
}

/**
 * Returns the format of inputs: the one of the command line; else that of the first name; else what the first line looks
 * like. Lines that look like nothing else are lines. The inputs start again at their beginning, after the header.
 *
 * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT` if the names say different things, or for a malformed header.
 */
export async function inputFormat(
  args: ImportArgs,
  inputs: Input[],
  signal: AbortSignal,
): Promise<InputFormat> {
  const named = args.format ?? formatOfInputs(args, inputs);
  if (named === 'tsv' && args.format === undefined && !(await hasKeyColumn(args, inputs, signal)))
    return { format: 'lines', isDetected: false };
  if (named !== undefined && named !== 'jsonl')
    return { format: named, isDetected: args.format === undefined };
  const line = await firstLine(inputs, signal);
  const header = headerIn(line, inputs[0].name);
  const isDetected = args.format === undefined;
  if (header === undefined || (args.format !== undefined && args.format !== header.format))
    return { format: named ?? formatOfLine(line, args), isDetected };
  inputs[0] = withoutFirstLine(inputs[0]);
  return { format: header.format, isDetected, header };
}

/** The format that the names of all inputs agree on, if it takes the options of the command line. */
function formatOfInputs(args: ImportArgs, inputs: readonly Input[]): EntryFormatName | undefined {
  const formats = inputs.map(({ name }) => formatOfName(name));
  const [first] = formats;
  const other = formats.findIndex((format) => format !== first);
  if (other >= 0) {
    throw invalidArgument(
      'file',
      `${inputs[0].name} and ${inputs[other].name} look like different formats: name one with --format, or import ` +
        'them one after the other',
    );
  }
  return first !== undefined && takesOptions(first, args) ? first : undefined;
}

/** Text with TABs is a table only if its first line is a header: otherwise its first row is an entry as well. */
async function hasKeyColumn(args: ImportArgs, inputs: Input[], signal: AbortSignal): Promise<boolean> {
  if ((args.key ?? args.value ?? args.columns) !== undefined) return true;
  const { found, input } = await peek(inputs[0], signal, (bytes, whole) =>
    csvHeader(bytes, { delimiter: '\t', quote: null, skipLines: args.skipLines }, whole),
  );
  inputs[0] = input;
  return found?.includes('key') === true && found.includes('value');
}

const NEWLINE = 0x0a;

/** Longer lines are not looked at. */
const MAX_LINE_BYTES = 1 << 20;

async function firstLine(inputs: Input[], signal: AbortSignal): Promise<string> {
  const { found, input } = await peek(inputs[0], signal, (bytes, whole) => {
    const end = bytes.indexOf(NEWLINE);
    if (end < 0 && !whole && bytes.length < MAX_LINE_BYTES) return undefined;
    return bytes.subarray(0, end < 0 ? bytes.length : end);
  });
  inputs[0] = input;
  return new TextDecoder('utf-8').decode(found?.subarray(0, MAX_LINE_BYTES));
}

function formatOfLine(line: string, args: ImportArgs): EntryFormatName {
  // A key and a value with a TAB between them, whatever they are.
  if (line.includes('\t')) return 'lines';
  const text = line.trim();
  if (/^\[\s*(?:[[{"\]]|$)/.test(text) && takesOptions('json', args)) return 'json';
  return isObject(parsed(text)) && takesOptions('jsonl', args) ? 'jsonl' : 'lines';
}

function headerIn(line: string, name: string): ExportHeader | undefined {
  const document = parsed(line);
  if (!isObject(document) || !Object.hasOwn(document, HEADER_MEMBER)) return undefined;
  const header = document[HEADER_MEMBER];
  if (isObject(header)) {
    const { format, keyEncoding, valueEncoding, metadata } = header;
    if (
      (format === 'jsonl' || format === 'lines') &&
      typeof keyEncoding === 'string' &&
      isKeyEncodingName(keyEncoding) &&
      typeof valueEncoding === 'string' &&
      isValueEncodingName(valueEncoding) &&
      isObject(metadata)
    )
      return { format, keyEncoding, valueEncoding, metadata: metadata as ExportHeader['metadata'] };
  }
  throw invalidArgument(
    'file',
    `${name}, line 1: the header of the export is malformed. Export the store again with this cairn, or name the ` +
      'encodings with --key-encoding and --value-encoding and remove the line',
  );
}

/** The options of the command line, with the format of the input, and of its keys where the header names one. */
export function withFormat(args: ImportArgs, { format, header }: InputFormat): ImportArgs {
  if (header?.format !== 'lines' || args.keyFormat !== undefined) return { ...args, format };
  const stored = storedFormat(header);
  return { ...args, format, ...(stored === 'ip' || stored === 'hex' ? { keyFormat: stored } : {}) };
}

/** The metadata of a store that is imported: those of the store that was exported, and those of the command line. */
export function metadataWith(args: ImportArgs, { header }: InputFormat): ImportArgs['metadata'] {
  const own = metadataOf(args);
  return header === undefined ? own : { ...header.metadata, ...own };
}

function withoutFirstLine(input: Input): Input {
  return {
    ...input,
    async *chunks(signal, onRead) {
      let isPast = false;
      for await (const chunk of input.chunks(signal, onRead)) {
        const end = isPast ? -1 : chunk.indexOf(NEWLINE);
        if (isPast) yield chunk;
        else if (end >= 0) {
          isPast = true;
          yield chunk.subarray(end + 1);
        }
      }
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
