const INDENT = '  ';
/** Deeper text would be more indentation than anything else. */
const MOST_DEPTH = 1000;

const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s[\]{}:,"]+/g;

/**
 * JSON text with a line for each member and item. Only the white space changes: numbers keep their digits, and
 * objects all of their members.
 *
 * @throws {SyntaxError} what is not JSON. @throws {RangeError} a nesting too deep.
 */
export function prettyJson(text: string): string {
  JSON.parse(text);
  let pretty = '';
  let depth = 0;
  let before = '';
  for (const [token] of text.matchAll(TOKEN)) {
    const begun = before === '{' || before === '[';
    if (token === '}' || token === ']') {
      depth--;
      // An empty one stays on its line.
      pretty += begun ? token : newline(depth) + token;
    } else {
      if (begun || before === ',') pretty += newline(depth);
      pretty += token === ':' ? ': ' : token;
      if (token === '{' || token === '[') depth++;
      if (depth > MOST_DEPTH) throw new RangeError(`more than ${MOST_DEPTH} arrays and objects deep`);
    }
    before = token;
  }
  return pretty;
}

function newline(depth: number): string {
  return `\n${INDENT.repeat(depth)}`;
}
