import { z } from 'zod';
import { text } from './answer.ts';
import type { PageFiles } from './platform.ts';
import { notFound } from './refusal.ts';
import { type Route, route } from './route.ts';

/** What a page may do: run and load what this server has, and ask it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
  vary: 'Cookie',
};

/** What the page stands for its first data with. */
const PLACE = '<!--cairn:bootstrap-->';

const TAG = 'Page';

/** What the page stands on. */
export interface PageParts {
  readonly page: PageFiles | undefined;
  /** Returns the data of the first paint; less of it to who has not shown the token. */
  readonly bootstrap: (request: Request) => Promise<object>;
}

/** The page at the root, with its first data in it, and its assets. Without a built page, a few words name the API. */
export function pageRoutes({ page, bootstrap }: PageParts): Route[] {
  return [
    route({
      method: 'get',
      path: '/',
      id: 'page',
      tag: TAG,
      summary: 'The page.',
      params: z.object({}),
      query: z.object({}),
      answers: { 200: { description: 'The page.', types: ['text/html'] } },
      async handle({ request }) {
        if (page === undefined) return text(PLAIN, 200, PAGE_HEADERS);
        const data = JSON.stringify(await bootstrap(request)).replaceAll('<', '\\u003c');
        const script = `<script type="application/json" id="bootstrap">${data}</script>`;
        return text(
          page.html.replace(PLACE, () => script),
          200,
          PAGE_HEADERS,
        );
      },
    }),
    route({
      method: 'get',
      path: '/assets/{name}',
      id: 'asset',
      tag: TAG,
      summary: 'A part of the page.',
      params: z.object({ name: z.string() }),
      query: z.object({}),
      answers: {
        200: { description: 'The part; its name changes with its contents.', types: ['*/*'] },
        404: { description: 'There is none.' },
      },
      async handle({ params: { name } }) {
        const asset = await page?.asset(name);
        if (asset === undefined) throw notFound('the page has no such part');
        return text(asset.bytes, 200, {
          'content-type': asset.type,
          'cache-control': 'public, max-age=31536000, immutable',
        });
      },
    }),
  ];
}

const PLAIN = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>cairn serve</title>
<h1>cairn serve</h1>
<p>This server answers programs. What it can be asked is in <a href="/openapi.json">/openapi.json</a>; begin with:</p>
<ul>
<li><a href="/api/v1/namespaces">/api/v1/namespaces</a>: the namespaces; their keys are at /api/v1/namespaces/{namespace}/kv</li>
<li><a href="/api/v1/stores">/api/v1/stores</a>: the stores and collections below the root</li>
<li><a href="/files/">/files/</a>: their files, by byte ranges</li>
<li><a href="/healthz">/healthz</a> and <a href="/metrics">/metrics</a></li>
</ul>
</html>
`;
