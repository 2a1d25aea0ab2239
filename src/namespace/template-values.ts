import { invalidArgument, isCairnError } from '../errors.ts';
import type { KvText } from './kv-type.ts';
import { checkKey, checkName } from './names.ts';
import type { Namespaces } from './namespaces.ts';

/** A value that a template has asked for and that is not loaded yet. */
class NotLoaded extends Error {}

/** A key that a template has asked for and that is not there. */
export class MissingKey extends Error {}

/** A call of `kv`: where nothing names a namespace, the key is inherited. */
interface KvCall {
  readonly key: string;
  readonly namespace: string | undefined;
}

/** What nunjucks passes after the other arguments where some are named. */
interface NamedArguments {
  readonly __keywords?: true;
  readonly namespace?: unknown;
  readonly errorOnMissing?: unknown;
}

const NO_NAMESPACE =
  "a call of kv names no namespace, and the template has none: write kv('key', 'company.team')";

/** Calls with words alone, which can be loaded before the template is rendered. */
const PLAIN_CALL =
  /\bkv\(\s*(?:'([^'\\]*)'|"([^"\\]*)")(?:\s*,\s*(?:namespace\s*=\s*)?(?:'([^'\\]*)'|"([^"\\]*)"))?/g;

/**
 * The values of a rendering. Templates are rendered without waiting: a value that is not loaded ends the
 * rendering, which is done again when it is.
 */
export class TemplateValues {
  readonly #namespaces: Namespaces;
  readonly #namespace: string | undefined;
  readonly #loaded = new Map<string, KvText | undefined>();
  readonly #wanted = new Map<string, KvCall>();

  constructor(namespaces: Namespaces, namespace: string | undefined) {
    this.#namespaces = namespaces;
    this.#namespace = namespace;
  }

  /** Notes the values that the text of a template names. */
  expect(text: string): void {
    for (const [, single, double, namespaceSingle, namespaceDouble] of text.matchAll(PLAIN_CALL)) {
      try {
        this.#want(this.#callOf(single ?? double, namespaceSingle ?? namespaceDouble));
      } catch (error) {
        // It may be in a comment. Where it is not, the rendering says so, and the line.
        if (!isCairnError(error, 'INVALID_ARGUMENT')) throw error;
      }
    }
  }

  /** Loads what was asked for. Returns whether there was anything. */
  async load(): Promise<boolean> {
    const wanted = [...this.#wanted];
    this.#wanted.clear();
    await Promise.all(
      wanted.map(async ([id, { key, namespace }]) => {
        const found =
          namespace === undefined
            ? await this.#namespaces.resolve(this.#namespace as string, key)
            : await this.#namespaces.namespace(namespace).entry(key);
        this.#loaded.set(id, found);
      }),
    );
    return wanted.length > 0;
  }

  /**
   * The function `kv` of templates: `kv(key, namespace, errorOnMissing)`, also with named arguments.
   *
   * @throws {NotLoaded} if it must be loaded first, {MissingKey}; {CairnError} `INVALID_ARGUMENT`.
   */
  readonly kv = (...given: unknown[]): unknown => {
    const last = given.at(-1) as NamedArguments | undefined;
    const named = typeof last === 'object' && last?.__keywords === true ? last : undefined;
    const [key, namespace = named?.namespace, errorOnMissing = named?.errorOnMissing ?? true] =
      named === undefined ? given : given.slice(0, -1);
    const call = this.#callOf(key, namespace ?? undefined);
    const id = idOf(call);
    if (!this.#loaded.has(id)) {
      this.#want(call);
      throw new NotLoaded();
    }
    const found = this.#loaded.get(id);
    if (found !== undefined) return templateValue(found);
    if (errorOnMissing === false) return '';
    const where =
      call.namespace === undefined
        ? `namespace '${this.#namespace}' nor in those that it inherits from`
        : `namespace '${call.namespace}'`;
    throw new MissingKey(`No value found for key '${call.key}' in ${where}`);
  };

  #callOf(key: unknown, namespace: unknown): KvCall {
    if (namespace === undefined && this.#namespace === undefined)
      throw invalidArgument('namespace', NO_NAMESPACE);
    return { key: checkKey(key), namespace: namespace === undefined ? undefined : checkName(namespace) };
  }

  #want(call: KvCall): void {
    const id = idOf(call);
    if (!this.#loaded.has(id)) this.#wanted.set(id, call);
  }
}

/** The function `json` of templates: the value of JSON text. What is a value already stays. */
export function templateJson(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (value === '') return undefined;
  try {
    return withJsonText(JSON.parse(value));
  } catch (error) {
    throw new Error(`json() takes JSON text: ${(error as Error).message}`, { cause: error });
  }
}

function idOf({ key, namespace }: KvCall): string {
  return `${namespace ?? ''}/${key}`;
}

/** A value as a template has it. Where it is written out, its text is what was stored. */
function templateValue({ type, text }: KvText): unknown {
  if (type === 'BOOLEAN') return text === 'true';
  if (type === 'NUMBER') return String(Number(text)) === text ? Number(text) : text;
  if (type !== 'JSON') return text;
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null ? withJsonText(value, text) : text;
}

/** Makes objects and arrays of JSON that are written out as JSON, and have no members but their own. */
function withJsonText(value: unknown, text?: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const copy: object = Array.isArray(value)
    ? value.map((item: unknown) => withJsonText(item))
    : Object.assign(
        Object.create(null),
        Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withJsonText(member)])),
      );
  Object.defineProperty(copy, Symbol.toPrimitive, { value: () => text ?? JSON.stringify(copy) });
  return copy;
}
