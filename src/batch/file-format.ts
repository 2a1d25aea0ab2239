import type { KeyEncodingName, ValueEncodingName } from '../codec/encoding-names.ts';

/** The formats of files: those of `cairn import`. */
export type FileFormatName =
  | 'lines'
  | 'csv'
  | 'tsv'
  | 'jsonl'
  | 'json'
  | 'msgpack'
  | 'length-prefixed'
  | 'nul';

/** How the entries of a file are read: as `cairn import` does by the options of these names. */
export interface FileFormat {
  readonly format?: FileFormatName | undefined;
  readonly keyEncoding?: KeyEncodingName | undefined;
  readonly valueEncoding?: ValueEncodingName | undefined;
  /** Of `lines` and `nul`; default: a tab, and for `nul` a field of its own. */
  readonly keySeparator?: string | undefined;
  readonly crlf?: boolean | undefined;
  readonly collapseSeparators?: boolean | undefined;
  /** Of `csv`, `tsv`, `jsonl` and `json`: the columns or members of the key and of the value. */
  readonly key?: readonly string[] | undefined;
  readonly value?: readonly string[] | undefined;
  readonly keepKey?: boolean | undefined;
  readonly columns?: readonly string[] | undefined;
  readonly numbers?: readonly string[] | undefined;
  readonly emptyAsNull?: boolean | undefined;
  readonly missingAsNull?: boolean | undefined;
  readonly padRows?: boolean | undefined;
  readonly delimiter?: string | undefined;
  readonly quote?: string | null | undefined;
}
