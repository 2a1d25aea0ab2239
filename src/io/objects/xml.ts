/** An element of an XML document, without its attributes and the prefix of its name. */
export interface XmlElement {
  readonly name: string;
  /** The text directly in it. */
  readonly text: string;
  readonly children: readonly XmlElement[];
}

// Nothing else is in the answers of object stores; a document type is refused with all that it could do.
const TOKEN =
  /<\?[^>]*\?>|<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([A-Za-z_][\w.:-]*)(?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(\/?)>|([^<]+)/gy;

/** Deeper than any answer. */
const MAX_DEPTH = 16;

interface OpenElement {
  readonly name: string;
  text: string;
  readonly children: XmlElement[];
}

/**
 * Reads a small XML document, as object stores answer.
 *
 * @throws {SyntaxError} when it is not well-formed, or holds what no answer holds.
 */
export function parseXml(document: string): XmlElement {
  const open: OpenElement[] = [{ name: '', text: '', children: [] }];
  let at = document.startsWith('\uFEFF') ? 1 : 0;
  while (at < document.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(document);
    if (match === null) throw new SyntaxError(`the XML makes no sense at character ${at}`);
    at = TOKEN.lastIndex;
    const [, cdata, closing, qualified, empty, text] = match;
    const parent = open[open.length - 1];
    if (text !== undefined) {
      parent.text += withoutEntities(text);
    } else if (cdata !== undefined) {
      parent.text += cdata;
    } else if (qualified !== undefined) {
      const name = qualified.slice(qualified.indexOf(':') + 1);
      if (closing !== '') {
        if (open.length === 1 || parent.name !== name) throw new SyntaxError(`</${qualified}> ends nothing`);
        open.pop();
        open[open.length - 1].children.push(parent);
      } else if (empty !== '') {
        parent.children.push({ name, text: '', children: [] });
      } else {
        if (open.length > MAX_DEPTH) throw new SyntaxError('the XML is nested too deeply');
        open.push({ name, text: '', children: [] });
      }
    }
  }
  const [root] = open;
  if (open.length > 1 || root.children.length !== 1 || root.text.trim() !== '') {
    throw new SyntaxError('the XML is cut short, or more than one document');
  }
  return root.children[0];
}

/** The text of an element's first child of that name; undefined when there is none. */
export function textOf(element: XmlElement, name: string): string | undefined {
  return element.children.find((child) => child.name === name)?.text;
}

/** An element's children of that name. */
export function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

/** Text as it may stand in an element. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function withoutEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&([^;&\s]*);?/g, (whole, name: string) => {
    const known = ENTITIES[name];
    if (known !== undefined) return known;
    const number = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(name);
    const code = number ? Number.parseInt(number[1] ?? number[2], number[1] === undefined ? 10 : 16) : -1;
    if (code < 0 || code > 0x10ffff) throw new SyntaxError(`the XML has an unknown entity ${whole}`);
    return String.fromCodePoint(code);
  });
}
