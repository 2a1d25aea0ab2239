const INDENT = '  ';
/** Deeper text would be mostly indentation. */
const MAX_DEPTH = 1000;

const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s[\]{}:,"]+/g;

/**
 * Returns JSON text with a line for each member and item. Only white space changes: numbers keep their digits, and objects
 * keep all members.
 *
 * @throws {SyntaxError} if the text is not JSON. @throws {RangeError} if it is nested too deeply.
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
      if (depth > MAX_DEPTH) throw new RangeError(`more than ${MAX_DEPTH} arrays and objects deep`);
    }
    before = token;
  }
  return pretty;
}

function newline(depth: number): string {
  return `\n${INDENT.repeat(depth)}`;
}
