import { invalidArgument } from '../../errors.ts';
import { type Columns, type Connection, connect, type Row, type Table } from '../../node/table.ts';
import { columnTypeOf } from '../../table/schema/column-type.ts';
import { parseType } from '../../table/schema/type-text.ts';
import { RowText } from '../../table/text/row-text.ts';

/** A table that a command works with, and how its rows are written. */
export interface CommandTable {
  readonly table: Table;
  readonly text: RowText;
}

/** Runs something with a connection to a root, and closes it. */
export async function withConnection<T>(
  root: string | undefined,
  signal: AbortSignal,
  run: (db: Connection) => Promise<T>,
): Promise<T> {
  const db = await connect(root ?? './warehouse', { signal });
  let result: T;
  try {
    result = await run(db);
  } catch (error) {
    // What is queued was meant to be committed with the rest. The first failure is the one to report.
    await db.cancel().catch(() => undefined);
    throw error;
  }
  await db.close();
  return result;
}

/** Opens a table for a command. */
export async function openCommandTable(db: Connection, path: string): Promise<CommandTable> {
  const table = await db.table(path);
  return { table, text: new RowText(table.info) };
}

/** Columns from text such as `id INT, name STRING?`. @throws {CairnError} `INVALID_ARGUMENT`. */
export function parseColumns(text: string, argument: string): Columns {
  const definition = parseType(`ROW<${text}>`, argument);
  if (definition.type !== 'ROW')
    throw invalidArgument(argument, `write columns as id INT, name STRING?, not ${text}`);
  const names = definition.fields.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw invalidArgument(argument, `there are two columns ${JSON.stringify(twice)}`);
  return Object.fromEntries(definition.fields.map(({ name, type }) => [name, columnTypeOf(type)]));
}

/** Rows from words: `column=value` for one row, or a JSON object for each. @throws {CairnError} `INVALID_ARGUMENT`. */
export function parseRows(words: readonly string[], text: RowText): Row[] {
  if (words.every((word) => word.trimStart().startsWith('{')))
    return words.map((word) => parseJsonRow(word, text));
  return [parsePairs(words, text)];
}

/** A row from a JSON object. @throws {CairnError} `INVALID_ARGUMENT`. */
export function parseJsonRow(json: string, text: RowText): Row {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (error) {
    throw invalidArgument('row', `${json} is not JSON: ${(error as Error).message}`, error);
  }
  return text.ofJson(parsed);
}

/** Values by column from words such as `id=1`. @throws {CairnError} `INVALID_ARGUMENT`. */
export function parsePairs(words: readonly string[], text: RowText): Row {
  const row: Row = {};
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 1) throw invalidArgument('value', `write column=value, such as id=1, not ${word}`);
    const name = word.slice(0, at);
    if (Object.hasOwn(row, name)) throw invalidArgument('value', `the column ${name} is there twice`);
    row[name] = text.ofText(name, word.slice(at + 1));
  }
  return row;
}

const OPERATORS = { '=': 'eq', '<': 'lt', '<=': 'lte', '>': 'gt', '>=': 'gte' } as const;

/** Conditions from words such as `id>=10`. @throws {CairnError} `INVALID_ARGUMENT`. */
export function parseWhere(words: readonly string[], text: RowText): Record<string, object> {
  const where: Record<string, Record<string, unknown>> = {};
  for (const word of words) {
    const [, name, operator, value] = /^\s*(.*?)\s*(<=|>=|=|<|>)\s?(.*)$/s.exec(word) ?? [];
    if (name === undefined || name === '')
      throw invalidArgument(
        'where',
        `write a condition as column=value, or with <, <=, > or >=, not ${word}`,
      );
    const key = OPERATORS[operator as keyof typeof OPERATORS];
    const conditions = where[name] ?? {};
    if (Object.hasOwn(conditions, key))
      throw invalidArgument('where', `${name} is compared by ${operator} twice`);
    where[name] = { ...conditions, [key]: text.ofText(name, value) };
  }
  return where;
}
