import { z } from 'zod';
import { type Answer, json, text } from '../answer.ts';
import { notFound } from '../refusal.ts';
import { namesIn } from '../root-path.ts';
import { type Route, route } from '../route.ts';
import type { StorePool } from '../stores/store-pool.ts';
import { answerFile } from './answer-file.ts';
import type { FileTree } from './file-tree.ts';

const TAG = 'Files';

/** The names that files of stores and collections have: nothing else below the root is anyone's business. */
const SERVED_NAME = /^(?:MANIFEST\.json|COLLECTION\.json|LATEST|.+\.cairn|.+\.version)$/;

/** Stores may lie in directories, but not this deep. */
const MAX_DEPTH = 16;

/** The headers of everything below `/files`: pages of any origin may read them, unless it takes a token. */
export function fileHeaders(isGuarded: boolean): Readonly<Record<string, string>> {
  return isGuarded
    ? { 'cross-origin-resource-policy': 'same-origin' }
    : {
        'access-control-allow-origin': '*',
        'access-control-expose-headers':
          'accept-ranges, content-length, content-range, etag, last-modified, retry-after',
        'cross-origin-resource-policy': 'cross-origin',
      };
}

/** The files of stores and collections, by byte ranges, and a listing by which another cairn finds them. */
export function fileRoutes(
  pool: StorePool,
  {
    tree,
    isGuarded,
    isHidden,
  }: {
    readonly tree: FileTree;
    readonly isGuarded: boolean;
    /** Whether something directly below the root is not served. */
    readonly isHidden: (name: string) => boolean;
  },
): Route[] {
  const headers = {
    ...fileHeaders(isGuarded),
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'",
    'content-type': 'application/octet-stream',
    'cache-control': isGuarded ? 'private, no-cache' : 'no-cache',
  };
  return [
    ...(['/files', '/files/'] as const).map((path, i) =>
      route({
        method: 'get',
        path,
        id: i === 0 ? 'listServedStores' : 'listServedFiles',
        tag: TAG,
        summary: 'The stores and collections directly below the root, whose files are below this path.',
        params: z.object({}),
        query: z.object({}),
        answers: {
          200: {
            description: 'What cairn list reads.',
            schema: z.object({
              stores: z.array(z.object({ name: z.string(), kind: z.enum(['store', 'collection']) })),
            }),
          },
        },
        async handle() {
          const { found } = await pool.list();
          const stores = found.map(({ name, kind }) => ({ name, kind }));
          return json(JSON.stringify({ stores }), 200, fileHeaders(isGuarded));
        },
      }),
    ),
    route({
      method: 'get',
      path: '/files/{path*}',
      id: 'getFile',
      tag: TAG,
      summary: 'A file of a store or collection, or a range of its bytes.',
      params: z.object({ path: z.string().optional() }),
      query: z.object({}),
      answers: {
        200: { description: 'The file.', types: ['application/octet-stream'] },
        206: { description: 'The range.', types: ['application/octet-stream'] },
        304: { description: 'The client has the file.', types: [] },
        404: { description: 'There is no such file, or it is none of a store or collection.' },
        412: { description: 'If-Match names another file.' },
        416: { description: 'The file ends before the range.' },
      },
      async handle({ request, url }) {
        const names = namesIn(url.pathname, '/files/');
        const [first = '', ...rest] = names;
        const last = rest.at(-1) ?? first;
        const file =
          names.length <= MAX_DEPTH && SERVED_NAME.test(last) && !isHidden(first)
            ? await tree.open(names)
            : undefined;
        if (file === undefined) throw notFound('there is no such file of a store or collection');
        return answerFile(request, file, headers);
      },
    }),
  ];
}

/** Answers a page's question whether it may send the headers with which ranges are asked for. */
export function preflight(isGuarded: boolean): Answer {
  return text(null, 204, {
    ...fileHeaders(isGuarded),
    allow: 'GET, HEAD, OPTIONS',
    ...(isGuarded
      ? {}
      : {
          'access-control-allow-methods': 'GET, HEAD',
          'access-control-allow-headers': 'range, if-range, if-match, if-none-match, if-modified-since',
          'access-control-max-age': '86400',
        }),
  });
}
