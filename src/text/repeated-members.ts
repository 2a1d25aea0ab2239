const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const SPACE = 0x20;

/**
 * Returns the name of a member that occurs twice in an object of a JSON text, at any depth, if there is one:
 * `JSON.parse` keeps only the last of them. Costs about two thirds of parsing.
 *
 * @param value the parsed text.
 */
export function repeatedName(text: string, value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  // An object has as many members as its text has names, unless one is repeated.
  return countNames(text) === countMembers(value) ? undefined : findRepeated(text);
}

/** The number of names in all objects of a valid JSON text: of colons outside of strings. */
function countNames(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === COLON) count++;
    else if (code === QUOTE) {
      for (at++; text.charCodeAt(at) !== QUOTE; at++) if (text.charCodeAt(at) === BACKSLASH) at++;
    }
  }
  return count;
}

// Faster than Object.hasOwn: V8 answers this form from the enumeration cache of `for in`.
const hasOwn = Object.prototype.hasOwnProperty;

/** The number of members of all objects in a parsed JSON value. */
function countMembers(value: object): number {
  let count = 0;
  // Not recursive: the parser reads any depth.
  const open: object[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (Array.isArray(next)) {
      for (const item of next as unknown[]) if (typeof item === 'object' && item !== null) open.push(item);
      continue;
    }
    for (const name in next) {
      // Other code may have extended Object.prototype.
      if (!hasOwn.call(next, name)) continue;
      count++;
      const member = (next as Readonly<Record<string, unknown>>)[name];
      if (typeof member === 'object' && member !== null) open.push(member);
    }
  }
  return count;
}

function findRepeated(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === OPEN_OBJECT) open.push(new Set());
    else if (code === CLOSE_OBJECT) open.pop();
    else if (code === QUOTE) {
      const end = textEnd(text, at);
      if (isName(text, end)) {
        const name = JSON.parse(text.substring(at, end)) as string;
        const names = open.at(-1) as Set<string>;
        if (names.has(name)) return name;
        names.add(name);
      }
      at = end - 1;
    }
  }
  return undefined;
}

/** Where the string that begins at `start` ends, in valid JSON. */
function textEnd(text: string, start: number): number {
  let at = start + 1;
  for (; text.charCodeAt(at) !== QUOTE; at++) if (text.charCodeAt(at) === BACKSLASH) at++;
  return at + 1;
}

/** Whether the string that ends at `end` is the name of a member. */
function isName(text: string, end: number): boolean {
  let at = end;
  // JSON's white space is at most a space, as control characters are.
  while (text.charCodeAt(at) <= SPACE) at++;
  return text.charCodeAt(at) === COLON;
}
