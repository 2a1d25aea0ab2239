import { asText, invalidArgument } from '../../errors.ts';
import type { FieldDefinition, PlainTypeName, TypeDefinition } from './type-definition.ts';

/**
 * Types as text, in which definitions keep them and commands take them: `INT`, `STRING?` for one that may be null,
 * `DECIMAL(10, 2)`, `ARRAY<INT?>`, `MAP<STRING, INT>`, `ROW<a INT, "b c" STRING?>`. Reading ignores case and white space.
 */
export function formatType(definition: TypeDefinition): string {
  return definition.nullable ? `${bareType(definition)}?` : bareType(definition);
}

/** {@link formatType} without the mark of what may be null. */
export function bareType(definition: TypeDefinition): string {
  switch (definition.type) {
    case 'CHAR':
    case 'BINARY':
      return `${definition.type}(${definition.length})`;
    case 'DECIMAL':
      return `DECIMAL(${definition.precision}, ${definition.scale})`;
    case 'TIME':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return `${definition.type}(${definition.precision})`;
    case 'ARRAY':
      return `ARRAY<${formatType(definition.element)}>`;
    case 'MAP':
      return `MAP<${formatType(definition.key)}, ${formatType(definition.value)}>`;
    case 'ROW':
      return `ROW<${definition.fields.map(({ name, type }) => `${quotedName(name)} ${formatType(type)}`).join(', ')}>`;
    default:
      return definition.type;
  }
}

function quotedName(name: string): string {
  return WORD.test(name) ? name : JSON.stringify(name);
}

const WORD = /^[A-Za-z_][A-Za-z0-9_]*$/;
const PLAIN: readonly string[] = [
  'BOOLEAN',
  'TINYINT',
  'SMALLINT',
  'INT',
  'BIGINT',
  'FLOAT',
  'DOUBLE',
  'STRING',
  'BYTES',
  'DATE',
] satisfies PlainTypeName[];

/** The lengths and precisions that types may have, and their defaults. */
const NUMBERS: Readonly<Record<string, readonly Bounds[]>> = {
  CHAR: [{ what: 'length', least: 1, most: 2 ** 31 - 1, byDefault: 1 }],
  BINARY: [{ what: 'length', least: 1, most: 2 ** 31 - 1, byDefault: 1 }],
  DECIMAL: [
    { what: 'precision', least: 1, most: 38, byDefault: 10 },
    { what: 'scale', least: 0, most: 38, byDefault: 0 },
  ],
  TIME: [{ what: 'precision', least: 0, most: 9, byDefault: 0 }],
  TIMESTAMP: [{ what: 'precision', least: 0, most: 9, byDefault: 6 }],
  TIMESTAMP_LTZ: [{ what: 'precision', least: 0, most: 9, byDefault: 6 }],
};

interface Bounds {
  readonly what: string;
  readonly least: number;
  readonly most: number;
  readonly byDefault: number;
}

/** @throws {CairnError} `INVALID_ARGUMENT` (argument `argument`) for text that names no type. */
export function parseType(text: string, argument: string): TypeDefinition {
  const parser = new TypeParser(text, argument);
  const definition = parser.type(0);
  parser.end();
  return definition;
}

/** Checks the numbers of a type, and fills in those that are absent. @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkTypeNumbers(type: string, given: readonly unknown[], argument: string): number[] {
  const bounds = NUMBERS[type] ?? [];
  const refuse = (message: string): never => {
    throw invalidArgument(argument, message);
  };
  if (given.length > bounds.length) refuse(`${type} takes ${bounds.length} numbers, not ${given.length}`);
  const numbers = bounds.map(({ what, least, most, byDefault }, i) => {
    const value = given[i] === undefined ? byDefault : given[i];
    if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most)
      return value as number;
    return refuse(`the ${what} of ${type} must be an integer from ${least} to ${most}, not ${asText(value)}`);
  });
  if (type === 'DECIMAL' && numbers[1] > numbers[0])
    refuse(`the scale of DECIMAL(${numbers.join(', ')}) exceeds its precision`);
  return numbers;
}

/** Deeper types are refused: their values would take as many calls. */
const MAX_TYPE_DEPTH = 32;

class TypeParser {
  readonly #text: string;
  readonly #argument: string;
  #at = 0;

  constructor(text: string, argument: string) {
    this.#text = text;
    this.#argument = argument;
  }

  type(depth: number): TypeDefinition {
    if (depth > MAX_TYPE_DEPTH) this.#refuse(`is nested more than ${MAX_TYPE_DEPTH} deep`);
    const name = this.#word()?.toUpperCase();
    if (name === undefined) return this.#refuse('has no type');
    const definition = this.#rest(name, depth);
    const nullable = this.#takes('?');
    return { ...definition, nullable } as TypeDefinition;
  }

  end(): void {
    this.#space();
    if (this.#at < this.#text.length)
      this.#refuse(`has ${JSON.stringify(this.#text.slice(this.#at))} after its end`);
  }

  #rest(name: string, depth: number): Omit<TypeDefinition, 'nullable'> & { readonly type: string } {
    if (PLAIN.includes(name)) return { type: name as PlainTypeName };
    if (NUMBERS[name] !== undefined) {
      const [first, second] = checkTypeNumbers(name, this.#numbers(), this.#argument);
      if (name === 'DECIMAL') return { type: name, precision: first, scale: second } as { type: 'DECIMAL' };
      const member = name === 'CHAR' || name === 'BINARY' ? 'length' : 'precision';
      return { type: name, [member]: first } as { type: 'TIME' };
    }
    if (name === 'ARRAY') {
      this.#expect('<');
      const element = this.type(depth + 1);
      this.#expect('>');
      return { type: 'ARRAY', element } as { type: 'ARRAY' };
    }
    if (name === 'MAP') {
      this.#expect('<');
      const key = this.type(depth + 1);
      this.#expect(',');
      const value = this.type(depth + 1);
      this.#expect('>');
      return { type: 'MAP', key, value } as { type: 'MAP' };
    }
    if (name === 'ROW') return { type: 'ROW', fields: this.#fields(depth) } as { type: 'ROW' };
    return this.#refuse(
      `names no type: there are ${[...PLAIN, ...Object.keys(NUMBERS), 'ARRAY', 'MAP', 'ROW'].join(', ')}`,
    );
  }

  #fields(depth: number): FieldDefinition[] {
    this.#expect('<');
    const fields: FieldDefinition[] = [];
    do {
      const name = this.#name();
      fields.push({ name, type: this.type(depth + 1) });
    } while (this.#takes(','));
    this.#expect('>');
    return fields;
  }

  #name(): string {
    this.#space();
    const quoted = /^"(?:[^"\\]|\\.)*"/.exec(this.#text.slice(this.#at));
    if (quoted === null) return this.#word() ?? this.#refuse('has a field without a name');
    this.#at += quoted[0].length;
    try {
      return JSON.parse(quoted[0]) as string;
    } catch {
      return this.#refuse(`has a name that is malformed: ${quoted[0]}`);
    }
  }

  #numbers(): number[] {
    if (!this.#takes('(')) return [];
    const numbers: number[] = [];
    do {
      this.#space();
      const [digits] = /^\d{1,10}/.exec(this.#text.slice(this.#at)) ?? [''];
      if (digits === '') this.#refuse('lacks a number');
      this.#at += digits.length;
      numbers.push(Number(digits));
    } while (this.#takes(','));
    this.#expect(')');
    return numbers;
  }

  #word(): string | undefined {
    this.#space();
    const [word] = /^[A-Za-z_][A-Za-z0-9_]*/.exec(this.#text.slice(this.#at)) ?? [];
    this.#at += word?.length ?? 0;
    return word;
  }

  #takes(character: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#takes(character))
      this.#refuse(`lacks ${JSON.stringify(character)} at character ${this.#at + 1}`);
  }

  #space(): void {
    while (/\s/.test(this.#text.charAt(this.#at))) this.#at++;
  }

  #refuse(what: string): never {
    throw invalidArgument(this.#argument, `the type ${JSON.stringify(this.#text)} ${what}`);
  }
}
