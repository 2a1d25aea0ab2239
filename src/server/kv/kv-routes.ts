import { z } from 'zod';
import { isCairnError } from '../../errors.ts';
import { type KvEntry, kvEntryJson } from '../../namespace/kv-entry.ts';
import { parseKvText } from '../../namespace/kv-text.ts';
import { KV_TYPES } from '../../namespace/kv-type.ts';
import { kvJson } from '../../namespace/kv-value.ts';
import type { Namespace } from '../../namespace/namespace.ts';
import type { Namespaces } from '../../namespace/namespaces.ts';
import { json, nextLink, text } from '../answer.ts';
import { notFound, Refusal, unprocessable } from '../refusal.ts';
import { jsonBody, textBody } from '../request-body.ts';
import { checkHeaders, flag, integer, type Route, type RouteSpec, route } from '../route.ts';
import type { ServerSettings } from '../server-options.ts';
import { headerText } from './header-text.ts';
import { searchKeys } from './search-keys.ts';

const TAG = 'KV';

const MAX_LISTED = 10_000;

const NAMESPACE = z.object({ namespace: z.string().describe('Parts joined by dots.') });
const KEY = NAMESPACE.extend({ key: z.string() });
const NOTHING = z.strictObject({});

const LISTED = z.object({
  namespace: z.string(),
  key: z.string(),
  type: z.enum(KV_TYPES),
  revision: z.number(),
  version: z.number(),
  creationDate: z.string(),
  updateDate: z.string(),
  expirationDate: z.string().optional(),
  description: z.string().optional(),
});
const VALUE = z.object({
  type: z.enum(KV_TYPES),
  value: z.unknown(),
  revision: z.number(),
  updated: z.string(),
});
const ENTRY = LISTED.extend({ value: z.unknown() });
const REVISION = z.object({
  revision: z.number(),
  type: z.enum(KV_TYPES),
  value: z.unknown(),
  updateDate: z.string(),
});
const KEYS = z.strictObject({ keys: z.array(z.string()) });
const PURGE = z.strictObject({
  expiredOnly: z.boolean().optional(),
  keyPattern: z.string().optional(),
  before: z.string().optional(),
  keepVersions: z.int().min(1).optional(),
});

const IF_MATCH = z.object({
  'if-match': z.string().optional().describe('Only if the key is at this revision: its ETag.'),
});
const SET_HEADERS = IF_MATCH.extend({
  ttl: z.string().optional().describe('How long the value lasts: an ISO duration.'),
  description: z.string().optional().describe('What the value is for.'),
  'if-none-match': z.string().optional().describe('*: only if the key is not there.'),
});

const UNFIT = { description: 'The namespace, the key or the value can not exist.' };
const GONE = { description: 'The value has expired.' };
const ABSENT = { description: 'There is no such key.' };
const OTHER = { description: 'The key is at another revision.' };

/** What the routes of the namespaces stand on. */
export interface KvParts {
  readonly namespaces: Namespaces;
  readonly settings: ServerSettings;
}

/**
 * Kestra's KV API, by its paths and by those with a tenant, which is an alias of the same data; and what is ours, beside it.
 */
export function kvRoutes(parts: KvParts): Route[] {
  const { namespaces, settings } = parts;
  const { readOnly } = settings;
  const writes = (): void => {
    if (readOnly) throw unwritable();
  };

  const specs = [
    spec({
      method: 'get',
      path: '/namespaces/{namespace}/kv',
      id: 'listKeys',
      summary: 'The keys of a namespace that have not expired, in order.',
      description: 'Without limit all of them. With limit, the Link header leads to the next page.',
      params: NAMESPACE,
      query: z.strictObject({
        prefix: z.string().optional().describe('Only keys that begin like this.'),
        after: z.string().optional().describe('Only keys after this one: the last one of the page before.'),
        limit: integer(0, MAX_LISTED).optional().describe('The most keys of the page.'),
        includeExpired: flag().optional().describe('Also expired keys, with isExpired.'),
      }),
      answers: { 200: { description: 'The keys.', schema: z.array(LISTED) }, 422: UNFIT },
      async handle({ params, query, url }) {
        const namespace = namespaces.namespace(params.namespace);
        const { limit } = query;
        const texts: string[] = [];
        let last = '';
        let isCut = false;
        // One more than fits tells whether there is a next page.
        const listing = { ...query, limit: limit === undefined ? undefined : limit + 1 };
        for await (const listed of namespace.list(listing)) {
          if (texts.length === limit) {
            isCut = limit > 0;
            break;
          }
          texts.push(listedJson(namespace.name, kvEntryJson(listed), listed.revision));
          last = listed.key;
        }
        return json(`[${texts.join(',')}]`, 200, isCut ? { link: nextLink(url, last) } : undefined);
      },
    }),
    spec({
      method: 'get',
      path: '/namespaces/{namespace}/kv/inheritance',
      id: 'listInheritedKeys',
      summary: 'The keys that a namespace inherits: of each, that of the nearest ancestor.',
      params: NAMESPACE,
      query: NOTHING,
      answers: { 200: { description: 'The keys.', schema: z.array(LISTED) }, 422: UNFIT },
      async handle({ params }) {
        const texts: string[] = [];
        for await (const { namespace, ...listed } of namespaces.inherited(params.namespace))
          texts.push(listedJson(namespace, kvEntryJson(listed), listed.revision));
        return json(`[${texts.join(',')}]`);
      },
    }),
    spec({
      method: 'get',
      path: '/namespaces/{namespace}/kv/{key}',
      id: 'getKeyValue',
      summary: 'The value of a key.',
      params: KEY,
      query: NOTHING,
      answers: {
        200: { description: 'The value; its revision is also the ETag.', schema: VALUE },
        304: { description: 'The key is at the revision of If-None-Match.', types: [] },
        404: ABSENT,
        410: GONE,
        422: UNFIT,
      },
      async handle({ params, request }) {
        const entry = await entryAt(namespaces.namespace(params.namespace), params.key);
        const { type, revision, updateDate } = entry;
        const etag = `"${revision}"`;
        if (isKnown(request, etag)) return text(null, 304, { etag });
        const updated = JSON.stringify(String(updateDate));
        return json(
          `{"type":"${type}","value":${kvJson(entry)},"revision":${revision},"updated":${updated}}`,
          200,
          { etag },
        );
      },
    }),
    ...(['kv', 'entries'] as const).flatMap((place) => [
      spec({
        method: 'put',
        path: `/namespaces/{namespace}/${place}/{key}`,
        id: place === 'kv' ? 'setKeyValue' : 'setEntry',
        summary: 'Sets a key. The answer comes when it is durable.',
        description:
          'The body, of whatever type it says to be: JSON; else a bare date, date-time or ISO duration; else a STRING. ' +
          'type names any type.',
        params: KEY,
        query: z.strictObject({
          overwrite: flag()
            .optional()
            .describe('Whether a value that is there may be replaced; default: true.'),
          type: z.enum(KV_TYPES).optional(),
        }),
        headers: SET_HEADERS,
        body: { description: 'The value.', types: ['application/json', 'text/plain'] },
        answers: {
          200: { description: 'It is set; the ETag is its revision.', types: [] },
          409: { description: 'The key is there, and overwrite is false.' },
          412: OTHER,
          413: { description: 'The body is too long.' },
          422: UNFIT,
        },
        async handle({ params, query, request }) {
          writes();
          const headers = checkHeaders(SET_HEADERS, request);
          const namespace = namespaces.namespace(params.namespace);
          const value = await parseKvText(await textBody(request, settings), query.type);
          const { overwrite } = query;
          const { ttl, description } = headers;
          const { revision } = await onCondition(request, namespace, params.key, (ifRevision) =>
            namespace.set(params.key, value.text, {
              type: value.type,
              ttl,
              description: description === undefined ? undefined : headerText(description),
              overwrite,
              ifRevision,
            }),
          );
          return text('', 200, { etag: `"${revision}"`, 'cache-control': 'no-store' });
        },
      }),
      spec({
        method: 'delete',
        path: `/namespaces/{namespace}/${place}/{key}`,
        id: place === 'kv' ? 'deleteKeyValue' : 'deleteEntry',
        summary: 'Deletes a key, and says whether it was there.',
        params: KEY,
        query: NOTHING,
        headers: IF_MATCH,
        answers: {
          200: { description: 'Whether it was there.', schema: z.boolean() },
          412: OTHER,
          422: UNFIT,
        },
        async handle({ params, request }) {
          writes();
          const namespace = namespaces.namespace(params.namespace);
          const wasThere = await onCondition(request, namespace, params.key, (ifRevision) =>
            namespace.delete(params.key, { ifRevision }),
          );
          return json(String(wasThere));
        },
      }),
    ]),
    spec({
      method: 'delete',
      path: '/namespaces/{namespace}/kv',
      id: 'deleteKeyValues',
      summary: 'Deletes keys, and says which were there.',
      params: NAMESPACE,
      query: NOTHING,
      body: { description: 'The keys.', schema: KEYS },
      answers: { 200: { description: 'Those that were there.', schema: KEYS }, 422: UNFIT },
      async handle({ params, request }) {
        writes();
        const namespace = namespaces.namespace(params.namespace);
        const { keys } = await jsonBody(request, settings, KEYS, '{"keys":["one","other"]}');
        return json(JSON.stringify({ keys: await namespace.deleteMany(keys) }));
      },
    }),
    spec({
      method: 'get',
      path: '/kv',
      id: 'searchKeys',
      summary: 'Keys of all namespaces, page by page.',
      params: z.object({}),
      query: z.looseObject({
        page: integer(1, 1_000_000_000).optional().describe('From 1 on; default: 1.'),
        size: integer(1, MAX_LISTED).optional().describe('Default: 10.'),
        sort: z
          .array(z.string())
          .optional()
          .describe('Members and asc or desc, such as key:desc, the first one first; default: key:asc.'),
      }),
      repeatable: ['sort'],
      answers: {
        200: {
          description: 'The page, and how many there are.',
          schema: z.object({ results: z.array(LISTED), total: z.number() }),
        },
        422: { description: 'There is no such member or filter.' },
      },
      async handle({ query, url }) {
        const { page = 1, size = 10, sort } = query;
        const { found, total } = await searchKeys(namespaces, url.searchParams, { page, size, sort });
        const results = found.map(({ namespace, listed }) =>
          listedJson(namespace, kvEntryJson(listed), listed.revision),
        );
        return json(`{"results":[${results.join(',')}],"total":${total}}`);
      },
    }),
    spec({
      method: 'get',
      path: '/namespaces',
      id: 'listNamespaces',
      summary: 'The names of all namespaces, in order.',
      params: z.object({}),
      query: z.strictObject({ prefix: z.string().optional() }),
      answers: {
        200: { description: 'The names.', schema: z.object({ namespaces: z.array(z.string()) }) },
      },
      handle: async ({ query }) => json(JSON.stringify({ namespaces: await namespaces.list(query) })),
    }),
    spec({
      method: 'get',
      path: '/namespaces/{namespace}',
      id: 'getNamespace',
      summary: 'Whether a namespace was made, or written to.',
      params: NAMESPACE,
      query: NOTHING,
      answers: {
        200: { description: 'It was.', schema: z.object({ namespace: z.string() }) },
        404: { description: 'It was not.' },
        422: UNFIT,
      },
      async handle({ params: { namespace } }) {
        if (!(await namespaces.exists(namespace))) throw notFound(`there is no namespace '${namespace}'`);
        return json(JSON.stringify({ namespace }));
      },
    }),
    spec({
      method: 'put',
      path: '/namespaces/{namespace}',
      id: 'createNamespace',
      summary: 'Makes a namespace, if it is not there.',
      params: NAMESPACE,
      query: NOTHING,
      answers: { 200: { description: 'It is there.', types: [] }, 422: UNFIT },
      async handle({ params }) {
        writes();
        await namespaces.create(params.namespace);
        return text('', 200, { 'cache-control': 'no-store' });
      },
    }),
    spec({
      method: 'delete',
      path: '/namespaces/{namespace}',
      id: 'deleteNamespace',
      summary: 'Deletes a namespace with its keys, and says whether it was there.',
      params: NAMESPACE,
      query: NOTHING,
      answers: { 200: { description: 'Whether it was there.', schema: z.boolean() }, 422: UNFIT },
      async handle({ params }) {
        writes();
        return json(String(await namespaces.delete(params.namespace)));
      },
    }),
    spec({
      method: 'post',
      path: '/namespaces/{namespace}/purge',
      id: 'purge',
      summary: 'Removes what is not needed any more: by default, expired and deleted keys.',
      params: NAMESPACE,
      query: NOTHING,
      body: { description: 'What is purged; {} for the default.', schema: PURGE },
      answers: {
        200: { description: 'How much was removed.', schema: z.object({ size: z.number() }) },
        422: UNFIT,
      },
      async handle({ params, request }) {
        writes();
        const namespace = namespaces.namespace(params.namespace);
        const options = await jsonBody(request, settings, PURGE, '{} or {"keyPattern":"temp-*"}');
        return json(JSON.stringify(await namespace.purge(options)));
      },
    }),
    spec({
      method: 'get',
      path: '/namespaces/{namespace}/entries/{key}',
      id: 'getKvEntry',
      summary: 'A key with its value and all that is known of it.',
      params: KEY,
      query: NOTHING,
      answers: { 200: { description: 'The entry.', schema: ENTRY }, 404: ABSENT, 410: GONE, 422: UNFIT },
      async handle({ params }) {
        const namespace = namespaces.namespace(params.namespace);
        const entry = await entryAt(namespace, params.key);
        const { revision } = entry;
        return json(listedJson(namespace.name, kvEntryJson(entry), revision), 200, { etag: `"${revision}"` });
      },
    }),
    spec({
      method: 'get',
      path: '/namespaces/{namespace}/entries/{key}/history',
      id: 'getHistory',
      summary: 'The revisions of a key that are kept, the newest first.',
      params: KEY,
      query: NOTHING,
      answers: { 200: { description: 'The revisions.', schema: z.array(REVISION) }, 422: UNFIT },
      async handle({ params }) {
        const revisions = await namespaces.namespace(params.namespace).history(params.key);
        return json(`[${revisions.map(kvEntryJson).join(',')}]`);
      },
    }),
    spec({
      method: 'get',
      path: '/namespaces/{namespace}/resolve/{key}',
      id: 'resolveKey',
      summary: 'The entry of a key in a namespace, or else in its nearest ancestor that has it.',
      params: KEY,
      query: NOTHING,
      answers: { 200: { description: 'The entry.', schema: ENTRY }, 404: ABSENT, 422: UNFIT },
      async handle({ params }) {
        const found = await namespaces.resolve(params.namespace, params.key);
        if (found === undefined) throw absent(params.namespace, params.key);
        const { namespace, ...entry } = found;
        return json(listedJson(namespace, kvEntryJson(entry), entry.revision));
      },
    }),
  ];
  return ['/api/v1', '/api/v1/{tenant}'].flatMap((base) => specs.map((one) => one(base)));
}

/** A route below either base. */
type KvSpec<Params extends z.ZodObject, Query extends z.ZodObject> = Omit<RouteSpec<Params, Query>, 'tag'>;

/** Names that would make paths ambiguous. */
const TENANT = z.object({
  tenant: z
    .string()
    .regex(/^[a-zA-Z0-9][a-zA-Z0-9_-]*$/, { error: 'write letters, digits, _ and -' })
    .refine((name) => !['stores', 'namespaces', 'kv'].includes(name), { error: 'is no tenant' })
    .describe('Any name: all of them have the same data.'),
});

function spec<Params extends z.ZodObject, Query extends z.ZodObject>(
  given: KvSpec<Params, Query>,
): (base: string) => Route {
  return (base) => {
    const { path, id, params } = given;
    if (!base.includes('{tenant}')) return route({ ...given, tag: TAG, path: base + path });
    const extended = TENANT.extend(params.shape) as unknown as Params;
    return route({ ...given, tag: TAG, path: base + path, id: `${id}OfTenant`, params: extended });
  };
}

/** @throws {Refusal} 404 for a key that is not there, 410 for one that has expired. */
async function entryAt(namespace: Namespace, key: string): Promise<KvEntry> {
  const entry = await namespace.entry(key, { includeExpired: true });
  if (entry === undefined) throw absent(namespace.name, key);
  if (entry.isExpired !== true) return entry;
  throw new Refusal(410, {
    code: 'EXPIRED',
    reason: 'Resource has expired',
    message: 'The requested value has expired',
  });
}

function absent(namespace: string, key: string): Refusal {
  return notFound(`No value found for key '${key}' in namespace '${namespace}'`);
}

/** Does what the request's `If-Match` or `If-None-Match` allows. @throws {Refusal} 412, 422. */
async function onCondition<T>(
  request: Request,
  namespace: Namespace,
  key: string,
  change: (ifRevision: number | undefined) => Promise<T>,
): Promise<T> {
  const ifRevision = await revisionWanted(request.headers, namespace, key);
  try {
    return await change(ifRevision);
  } catch (error) {
    if (ifRevision === undefined || !isCairnError(error, 'CONFLICT')) throw error;
    throw failed(error.message);
  }
}

async function revisionWanted(
  headers: Headers,
  namespace: Namespace,
  key: string,
): Promise<number | undefined> {
  if (headers.get('if-none-match')?.trim() === '*') return 0;
  const wanted = headers.get('if-match')?.trim();
  if (wanted === undefined) return undefined;
  if (wanted === '*') {
    const entry = await namespace.entry(key);
    if (entry !== undefined) return entry.revision;
    throw failed(`the key '${key}' in namespace '${namespace.name}' is not there`);
  }
  const revision = Number(/^(?:"(\d{1,15})"|(\d{1,15}))$/.exec(wanted)?.slice(1).find(Boolean));
  if (revision >= 1) return revision;
  throw unprocessable(
    `If-Match: write the ETag of the key, such as "3", not ${JSON.stringify(wanted.slice(0, 60))}`,
  );
}

function failed(message: string): Refusal {
  return new Refusal(412, { code: 'CONFLICT', reason: 'Precondition failed', message });
}

function isKnown(request: Request, etag: string): boolean {
  const known = request.headers.get('if-none-match');
  return known?.split(',').some((one) => one.trim().replace(/^W\//, '') === etag) === true;
}

function unwritable(): Refusal {
  return new Refusal(
    405,
    { code: 'UNSUPPORTED', reason: 'Method not allowed', message: 'this server only reads' },
    { allow: 'GET, HEAD, OPTIONS' },
  );
}

/** What Kestra's clients expect besides: the namespace, and the revision by its older name. */
function listedJson(namespace: string, entry: string, revision: number): string {
  return `{"namespace":${JSON.stringify(namespace)},"version":${revision},${entry.slice(1)}`;
}
