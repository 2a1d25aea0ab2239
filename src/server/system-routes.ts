import { z } from 'zod';
import { isSame } from './access-guard.ts';
import { json, text } from './answer.ts';
import type { Metrics } from './metrics.ts';
import { Refusal } from './refusal.ts';
import { jsonBody } from './request-body.ts';
import { type Route, route } from './route.ts';
import type { ServerSettings } from './server-options.ts';
import type { Sessions } from './sessions.ts';

const TAG = 'Server';

const NOTHING = z.object({});

const CREDENTIALS = z.object({ token: z.string() });

/** What the routes of the server itself stand on. */
export interface ServerParts {
  readonly metrics: Metrics;
  readonly sessions: Sessions;
  readonly settings: ServerSettings;
  /** Returns the OpenAPI document as JSON text. */
  readonly document: () => string;
}

/** The routes of the server itself. */
export function systemRoutes({ metrics, sessions, settings, document }: ServerParts): Route[] {
  return [
    route({
      method: 'get',
      path: '/healthz',
      id: 'health',
      tag: TAG,
      summary: 'Whether the server answers.',
      params: NOTHING,
      query: NOTHING,
      answers: { 200: { description: 'It does.', schema: z.object({ ok: z.boolean() }) } },
      handle: () => json('{"ok":true}'),
    }),
    route({
      method: 'get',
      path: '/metrics',
      id: 'metrics',
      tag: TAG,
      summary: 'Numbers of the server, as Prometheus reads them.',
      params: NOTHING,
      query: NOTHING,
      answers: { 200: { description: 'Version 0.0.4 of the text format.', types: ['text/plain'] } },
      handle: () =>
        text(metrics.format(), 200, {
          'content-type': 'text/plain; version=0.0.4; charset=utf-8',
          'cache-control': 'no-store',
        }),
    }),
    route({
      method: 'get',
      path: '/openapi.json',
      id: 'openapi',
      tag: TAG,
      summary: 'This document.',
      params: NOTHING,
      query: NOTHING,
      answers: { 200: { description: 'OpenAPI 3.1.' } },
      handle: () => json(document()),
    }),
    route({
      method: 'post',
      path: '/session',
      id: 'beginSession',
      tag: TAG,
      summary: 'Trades the token for a cookie, which the page sends from then on.',
      params: NOTHING,
      query: NOTHING,
      body: { description: 'The token.', schema: CREDENTIALS },
      answers: {
        204: { description: 'The cookie is in Set-Cookie.', types: [] },
        401: { description: 'It is not the token.' },
      },
      async handle({ request, url }) {
        const { token } = settings;
        const given = await jsonBody(request, settings, CREDENTIALS, '{"token":"…"}');
        if (token !== undefined && !isSame(given.token, token)) {
          throw new Refusal(401, {
            code: 'UNAUTHORIZED',
            reason: 'Unauthorized',
            message: 'this is not the token of the server',
          });
        }
        return text(null, 204, { 'set-cookie': sessions.begin(url.protocol === 'https:') });
      },
    }),
    route({
      method: 'delete',
      path: '/session',
      id: 'endSession',
      tag: TAG,
      summary: 'Ends the session of the cookie.',
      params: NOTHING,
      query: NOTHING,
      answers: { 204: { description: 'It has ended.', types: [] } },
      handle: ({ request, url }) =>
        text(null, 204, {
          'set-cookie': sessions.end(request.headers.get('cookie'), url.protocol === 'https:'),
        }),
    }),
  ];
}
