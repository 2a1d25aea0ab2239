import { isWellFormed } from '../../bytes/utf8.ts';
import { describe } from '../../codec/type-names.ts';
import { invalidArgument } from '../../errors.ts';

/** The longest name of a database or table. */
const MAX_NAME_LENGTH = 200;

/** A table by the names of its database and its own. */
export interface TablePath {
  readonly database: string;
  readonly table: string;
}

/** @throws {CairnError} `INVALID_ARGUMENT` for text that can't name a database or table. */
export function checkName(name: unknown, what: 'database' | 'table'): string {
  const refuse = (why: string): never => {
    throw invalidArgument(what, `${describe(name)} can't name a ${what}: ${why}`);
  };
  if (typeof name !== 'string') return refuse('a name is a string');
  if (name === '') refuse('the empty string is not allowed');
  if (name === '.' || name === '..') refuse(`'${name}' is not allowed`);
  if (name.length > MAX_NAME_LENGTH) {
    refuse(
      `the length of '${name.slice(0, 24)}…' is ${name.length}, longer than the allowed ${MAX_NAME_LENGTH}`,
    );
  }
  if (!/^[A-Za-z0-9_-]*$/.test(name)) {
    refuse("it has characters other than ASCII letters and digits, '_' and '-'");
  }
  if (name.startsWith('__')) refuse("'__' is not allowed as prefix, since it is reserved");
  return name;
}

/** Splits `my_db.my_table`. @throws {CairnError} `INVALID_ARGUMENT`. */
export function parseTablePath(path: unknown): TablePath {
  const parts = typeof path === 'string' ? path.split('.') : [];
  if (parts.length !== 2) {
    throw invalidArgument(
      'table',
      `${describe(path)} names no table: write database.table, such as 'my_db.users'`,
    );
  }
  return { database: checkName(parts[0], 'database'), table: checkName(parts[1], 'table') };
}

/** @throws {CairnError} `INVALID_ARGUMENT` for what can't name a column or a field. */
export function checkFieldName(name: string, argument: string): void {
  const why =
    name === ''
      ? 'it is empty'
      : name === '__proto__'
        ? 'objects have no such member'
        : isWellFormed(name)
          ? undefined
          : 'it holds an unpaired surrogate';
  if (why !== undefined) throw invalidArgument(argument, `${describe(name)} can't name a column: ${why}`);
}
