import { quoteVisibly } from '../bytes/quote-visibly.ts';
import { invalidArgument } from '../errors.ts';

// What these accept contains no slash, so that names, keys and revisions can be joined by slashes: see entry-keys.ts.
const KEY = /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/;
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_-]*(?:\.[a-zA-Z0-9][a-zA-Z0-9_-]*)*$/;

/** A key of a collection has at most 65,535 bytes, and holds both a name and a key. */
const MAX_CHARACTERS = 4096;

/** Returns a key that can exist. @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkKey(key: unknown): string {
  if (key === undefined || key === null || key === '')
    throw invalidArgument('key', 'Key cannot be null or empty');
  if (typeof key !== 'string') throw invalidArgument('key', `key must be a string, not a ${typeof key}`);
  refuseLong('key', key);
  if (KEY.test(key)) return key;
  throw invalidArgument(
    'key',
    'Key must start with an alphanumeric character (uppercase or lowercase) and can contain alphanumeric characters ' +
      '(uppercase or lowercase), dots (.), underscores (_), and hyphens (-) only. ' +
      `This key does not: ${quoteVisibly(key)}`,
  );
}

/** Returns a name that a namespace can have. @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkName(name: unknown): string {
  if (typeof name !== 'string' || name === '') {
    throw invalidArgument(
      'namespace',
      'the name of a namespace must be a string that is not empty, such as company.team',
    );
  }
  refuseLong('namespace', name);
  if (NAME.test(name)) return name;
  throw invalidArgument(
    'namespace',
    'the name of a namespace must be one or more parts joined by single dots, each of letters of ASCII, digits, _ and -, ' +
      `beginning with a letter or digit, such as company.team, not ${quoteVisibly(name)}`,
  );
}

/** The names from which a namespace inherits, the nearest first: of `a.b.c`, `a.b` and `a`. */
export function ancestorsOf(name: string): string[] {
  const ancestors: string[] = [];
  for (let at = name.lastIndexOf('.'); at > 0; at = name.lastIndexOf('.', at - 1))
    ancestors.push(name.slice(0, at));
  return ancestors;
}

function refuseLong(argument: 'key' | 'namespace', text: string): void {
  if (text.length <= MAX_CHARACTERS) return;
  throw invalidArgument(
    argument,
    `a ${argument} has at most ${MAX_CHARACTERS} characters; this one has ${text.length}`,
  );
}
