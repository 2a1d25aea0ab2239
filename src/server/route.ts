import { z } from 'zod';
import type { Answer } from './answer.ts';
import { unprocessable } from './refusal.ts';

/** A request whose parameters were checked. */
export interface Call<Params, Query> {
  readonly request: Request;
  readonly url: URL;
  readonly params: Params;
  readonly query: Query;
}

/** What a body or an answer is, for the OpenAPI document. */
export interface Content {
  readonly description: string;
  /** Default: `application/json`. */
  readonly types?: readonly string[];
  /** Absent for what is no JSON. */
  readonly schema?: z.ZodType;
}

/** Everything that is known of a route: what it checks, what it does, and what the document says of it. */
export interface RouteSpec<Params extends z.ZodObject, Query extends z.ZodObject> {
  readonly method: 'get' | 'put' | 'post' | 'delete';
  /** Parameters are `{name}`; a last `{name*}` is the rest of the path. */
  readonly path: string;
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly params: Params;
  readonly query: Query;
  /** Parameters of the query that may be repeated: they are arrays. */
  readonly repeatable?: readonly string[];
  /** Headers that the route reads, for the document; {@link checkHeaders} checks them. */
  readonly headers?: z.ZodObject;
  readonly body?: Content;
  readonly answers: Readonly<Record<number, Content>>;
  handle(call: Call<z.output<Params>, z.output<Query>>): Answer | Promise<Answer>;
}

/** A {@link RouteSpec} whose types no one needs any more. */
export interface Route extends Omit<RouteSpec<z.ZodObject, z.ZodObject>, 'handle'> {
  /** Checks the parameters, and answers. @throws {Refusal} 422. */
  answer(request: Request, url: URL, params: Readonly<Record<string, string>>): Answer | Promise<Answer>;
}

/** Ties a route's handler to its checks. */
export function route<Params extends z.ZodObject, Query extends z.ZodObject>(
  spec: RouteSpec<Params, Query>,
): Route {
  return {
    ...spec,
    answer: (request, url, given) =>
      spec.handle({
        request,
        url,
        params: checked(spec.params, given),
        query: checked(spec.query, queryOf(url, spec.repeatable ?? [])),
      }),
  };
}

/** Returns the headers that a schema names, checked. @throws {Refusal} 422. */
export function checkHeaders<Headers extends z.ZodObject>(
  schema: Headers,
  request: Request,
): z.output<Headers> {
  const given: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const value = request.headers.get(name);
    if (value !== null) given[name] = value;
  }
  return checked(schema, given);
}

/** Returns a value that meets a schema. @throws {Refusal} 422 that names what does not. */
export function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [first] = result.error.issues;
  const where = first.path.length === 0 ? '' : `${first.path.map(String).join('.')}: `;
  throw unprocessable(`${where}${first.message}`);
}

/** An integer in a query. */
export function integer(min: number, max: number): z.ZodType<number> {
  return z.preprocess(
    (value) => (typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value),
    z
      .int({ error: `write an integer from ${min} to ${max}` })
      .min(min, { error: `write an integer from ${min} to ${max}` })
      .max(max, { error: `write an integer from ${min} to ${max}` }),
  );
}

/** A flag in a query: `?reverse`, `?reverse=true` or `?reverse=false`. */
export function flag(): z.ZodType<boolean> {
  return z.preprocess(
    (value) => (value === '' || value === 'true' ? true : value === 'false' ? false : value),
    z.boolean({ error: 'write true or false' }),
  );
}

function queryOf(url: URL, repeatable: readonly string[]): Record<string, string | string[]> {
  const query = Object.create(null) as Record<string, string | string[]>;
  if (url.search === '') return query;
  for (const [name, value] of url.searchParams) {
    const before = query[name];
    if (before === undefined) query[name] = repeatable.includes(name) ? [value] : value;
    else if (typeof before !== 'string') before.push(value);
    else throw unprocessable(`${name}: it may be given once`);
  }
  return query;
}
