import { CairnError, invalidArgument } from '../../errors.ts';
import type { Row } from '../row/row-projection.ts';
import { Refusal } from '../schema/refusal.ts';
import type { TypeDefinition } from '../schema/type-definition.ts';
import { parseType } from '../schema/type-text.ts';
import type { TableInfo } from '../table-info.ts';
import { jsonOfValue, textOfValue, valueOfJson, valueOfText } from './column-text.ts';

/** Rows of a table as cells, words and JSON, and back, by the types of its columns. */
export class RowText {
  readonly #table: string;
  readonly #types: ReadonlyMap<string, TypeDefinition>;

  constructor({ database, name, columns }: TableInfo) {
    this.#table = `${database}.${name}`;
    this.#types = new Map(
      columns.map((column) => [
        column.name,
        { ...parseType(column.type, 'columns'), nullable: column.nullable },
      ]),
    );
  }

  get names(): readonly string[] {
    return [...this.#types.keys()];
  }

  /** The type of a column. @throws {CairnError} `INVALID_ARGUMENT` for a name that no column has. */
  type(name: string): TypeDefinition {
    const type = this.#types.get(name);
    if (type !== undefined) return type;
    throw invalidArgument(
      'columns',
      `${this.#table} has no column ${JSON.stringify(name)}; its columns are ${this.names.join(', ')}`,
    );
  }

  /** A value of a column, from the text of a cell. @throws {CairnError} `INVALID_ARGUMENT` naming the column. */
  ofText(name: string, text: string): unknown {
    const type = this.type(name);
    return this.#checked(name, () => valueOfText(type, text));
  }

  /** A row, from an object of JSON. @throws {CairnError} `INVALID_ARGUMENT` naming the column. */
  ofJson(json: unknown): Row {
    if (typeof json !== 'object' || json === null || Array.isArray(json))
      throw invalidArgument('row', 'a row is a JSON object, such as {"id": 1}');
    return Object.fromEntries(
      Object.entries(json).map(([name, member]) => {
        const type = this.type(name);
        return [name, this.#checked(name, () => valueOfJson(type, member))];
      }),
    );
  }

  /** A row as an object for `JSON.stringify`. */
  toJson(row: Row): Row {
    return Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name, jsonOfValue(this.type(name), value)]),
    );
  }

  /** A value of a column as the text of a cell. */
  toText(name: string, value: unknown): string {
    return textOfValue(this.type(name), value);
  }

  #checked<T>(name: string, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new CairnError(
        'INVALID_ARGUMENT',
        `${this.#table}: column ${JSON.stringify(name)}${error.path} ${error.message}`,
        { argument: name, cause: error },
      );
    }
  }
}
