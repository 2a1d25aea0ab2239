import { checkOptions } from '../check-options.ts';
import { CairnError, invalidArgument, isCairnError, reasonOf } from '../errors.ts';
import { packageNotLoaded } from '../missing-package.ts';
import { checkName } from './names.ts';
import type { Namespaces } from './namespaces.ts';
import { MissingKey, TemplateValues, templateJson } from './template-values.ts';

/** Where a template's values come from. */
export interface RenderTemplateOptions {
  readonly namespaces: Namespaces;
  /**
   * The namespace of `kv(key)`, which also finds inherited keys; default: none, so that each call must name
   * its own.
   */
  readonly namespace?: string | undefined;
  /** What messages call the template; default: `the template`. */
  readonly file?: string | undefined;
}

/** An error of nunjucks. */
interface TemplateFailure extends Error {
  /** Counted from 0 where it wraps an error that was thrown while rendering, and from 1 elsewhere. */
  readonly lineno?: number;
  readonly cause?: unknown;
}

/**
 * Renders a template of nunjucks, whose syntax is that of Jinja:
 * `{{ kv('key', 'namespace', errorOnMissing) }}` stands for a value, `{{ json(kv('key')).field }}` for a
 * part of one that is JSON.
 *
 * Values are written as they were stored, JSON as JSON; nothing is escaped for HTML, and what is in a value
 * is never taken for a template. Without a namespace, `kv` inherits. A key that is not there, or has
 * expired, is an error unless the third argument is false: then it is an empty string. A name that means
 * nothing is an error, too. A template is a program: render none that you would not run. Needs the package
 * nunjucks.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND` for a missing key, with the template's line;
 *   `INVALID_ARGUMENT` for what else is wrong with the template, `UNSUPPORTED` if nunjucks is missing or
 *   the platform compiles no code, what reading throws.
 *
 * @example
 * ```ts
 * import { openNamespaces, renderTemplate } from 'cairnkv/namespace';
 *
 * const namespaces = await openNamespaces('memory:renders');
 * await namespaces.namespace('company').set('database', { host: 'db1', port: 5432 });
 * const text = "host={{ json(kv('database')).host }}";
 * console.log(await renderTemplate(text, { namespaces, namespace: 'company.team' })); // host=db1
 * await namespaces.close();
 * ```
 */
export async function renderTemplate(text: string, options: RenderTemplateOptions): Promise<string> {
  const own = checkOptions(options, ['namespaces', 'namespace', 'file']);
  const { namespaces, namespace, file = 'the template' } = own;
  if (typeof text !== 'string') throw invalidArgument('text', `text must be a string, not a ${typeof text}`);
  if (typeof namespaces?.resolve !== 'function')
    throw invalidArgument('namespaces', 'namespaces must be what openNamespaces returns');
  if (namespace !== undefined) checkName(namespace);
  const { default: nunjucks } = await import('nunjucks').catch(packageNotLoaded);
  const environment = new nunjucks.Environment([], { autoescape: false, throwOnUndefined: true, dev: true });
  const values = new TemplateValues(namespaces, namespace);
  environment.addGlobal('kv', values.kv);
  environment.addGlobal('json', templateJson);
  values.expect(text);
  await values.load();
  for (;;) {
    try {
      return new nunjucks.Template(text, environment, file).render({});
    } catch (error) {
      if (!(await values.load())) throw renderError(error as TemplateFailure, file);
    }
  }
}

function renderError(error: TemplateFailure, file: string): CairnError {
  const { cause = error, lineno } = error;
  if (cause instanceof EvalError || error instanceof EvalError) {
    return new CairnError('UNSUPPORTED', `templates can't be rendered here: ${error.message}`, {
      cause: error,
    });
  }
  const isThrown = cause !== error;
  const reason = withoutPlace(reasonOf(cause));
  const message =
    lineno === undefined
      ? `${file} can't be read, because a {{ or {% may be unclosed: ${reason}`
      : `${file}, line ${isThrown ? lineno + 1 : lineno}: ${reason}`;
  if (cause instanceof MissingKey) return new CairnError('NOT_FOUND', message, { cause });
  if (isCairnError(cause) && cause.code !== 'INVALID_ARGUMENT') return cause;
  return new CairnError('INVALID_ARGUMENT', message, { argument: 'text', cause });
}

/** Leaves out the file and line that nunjucks puts before a message. */
function withoutPlace(message: string): string {
  return message.replace(/^\(.*\)(?: \[Line .*\])?\s*(?:Error: )?/, '').replaceAll(/\s*\n\s*/g, ' ');
}
