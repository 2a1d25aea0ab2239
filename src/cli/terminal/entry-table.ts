import { formatJsonValue } from '../../text/json-text.ts';
import type { KeyText } from '../../text/key-text.ts';
import { formatValue, type ValueTextOptions, visibly } from '../words/value-text.ts';
import type { Io } from './io.ts';
import { formatTable } from './table.ts';

/** A cell on a terminal is cut here. */
const MAX_CHARACTERS = 60;

/** Entries as a table: the key, and the members of values that are objects, or the value. */
export class EntryTable {
  readonly #keys: KeyText;
  readonly #values: ValueTextOptions;
  readonly #isTerminal: boolean;
  #columns = '';

  constructor(keys: KeyText, values: ValueTextOptions, io: Pick<Io, 'stdout'>) {
    this.#keys = keys;
    this.#values = values;
    this.#isTerminal = io.stdout.isTTY === true;
  }

  /** Returns the rows of a batch, aligned among themselves, below a header unless the batch before had the same one. */
  rows(batch: readonly (readonly [unknown, unknown])[]): string {
    const members = membersOf(batch.map(([, value]) => value));
    const names = members ?? ['value'];
    const cells = batch.map(([key, value]) => [
      this.#shown(this.#keys.format(key)),
      ...(members === undefined
        ? [this.#shown(formatValue(value, this.#values))]
        : members.map((name) => this.#cell((value as Readonly<Record<string, unknown>>)[name]))),
    ]);
    const columns = ['key', ...names.map((name) => this.#shown(name))];
    const right = names.filter((name) =>
      batch.every(([, value]) => members !== undefined && isNumber((value as Record<string, unknown>)[name])),
    );
    const text = formatTable(columns, cells, right);
    const isSame = this.#columns === columns.join('\n');
    this.#columns = columns.join('\n');
    return isSame ? text.slice(text.indexOf('\n') + 1) : text;
  }

  #cell(member: unknown): string {
    if (member === undefined) return '';
    return this.#shown(
      typeof member === 'string' ? member : formatJsonValue(member, this.#values.valueEncoding),
    );
  }

  /** A table has one line for each row. */
  #shown(text: string): string {
    const line = visibly(text);
    return this.#isTerminal && line.length > MAX_CHARACTERS ? `${line.slice(0, MAX_CHARACTERS - 1)}…` : line;
  }
}

function isNumber(value: unknown): boolean {
  return value === undefined || typeof value === 'number' || typeof value === 'bigint';
}

/** The names of the members of values, if all values are objects with names; in the order in which they first occur. */
function membersOf(values: readonly unknown[]): readonly string[] | undefined {
  const names = new Set<string>();
  for (const value of values) {
    if (typeof value !== 'object' || value === null) return undefined;
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return undefined;
    for (const name of Object.keys(value)) names.add(name);
  }
  return names.size === 0 ? undefined : [...names];
}
