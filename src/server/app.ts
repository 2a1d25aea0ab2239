import { Hono } from 'hono';
import { loadChecksum } from '../bytes/xxh64.ts';
import { CairnError, isCairnError } from '../errors.ts';
import { narrowStorage } from '../io/narrow-storage.ts';
import { locate } from '../io/uri.ts';
import { openNamespaces } from '../namespace/open-namespaces.ts';
import { type AccessRules, checkAccess, isAuthorized } from './access-guard.ts';
import { type Answer, refusalOf, refuse, text } from './answer.ts';
import { fileHeaders, fileRoutes, preflight } from './files/file-routes.ts';
import { StorageTree } from './files/storage-tree.ts';
import { kvRoutes } from './kv/kv-routes.ts';
import { Metrics } from './metrics.ts';
import { openApiOf } from './openapi.ts';
import { pageRoutes } from './page.ts';
import { serverPlatform } from './platform.ts';
import { busy, notFound, Refusal } from './refusal.ts';
import type { Route } from './route.ts';
import type { ServerSettings } from './server-options.ts';
import { Sessions } from './sessions.ts';
import { StorePool } from './stores/store-pool.ts';
import { storeRoutes, summaryOf } from './stores/store-routes.ts';
import { systemRoutes } from './system-routes.ts';

/** Where namespaces are kept: nothing reads them but their own routes. */
const NAMESPACES_DIRECTORY = '_namespaces';

/** What is noted of a request on its way. */
interface Noted {
  readonly url: URL;
  route: string;
}

/** A server that is ready to answer. */
export interface App {
  answer(request: Request): Promise<Answer>;
  /** Closes what it has open. */
  close(): Promise<void>;
}

/**
 * Opens the root, and makes what answers requests for it.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND` if there is no root, `UNSUPPORTED` if it can't be listed, `IO`.
 */
export async function openApp(settings: ServerSettings, rules: () => AccessRules): Promise<App> {
  const { clock, onRequest, maxRequests, refreshMs } = settings;
  const root = narrowStorage(locate(settings.root, 'root'), 'served', ['list']);
  if ((await root.storage.kind(root.path)) !== 'directory')
    throw new CairnError('NOT_FOUND', `there is no directory at ${root.uri}`, { uri: root.uri });
  const platform = serverPlatform();
  const tree = (await platform?.files(root)) ?? new StorageTree(root, await loadChecksum());
  const isHidden = (name: string): boolean => name === NAMESPACES_DIRECTORY;
  const pool = new StorePool(root, { clock, refreshMs, isHidden });
  const namespaces = await openNamespaces(settings.root, { readOnly: settings.readOnly, clock, refreshMs });
  const sessions = new Sessions(clock);
  const metrics = new Metrics();
  let active = 0;
  metrics.gauge('cairn_http_requests_active', 'Requests that are being answered.', () => active);
  metrics.gauge('cairn_stores_open', 'Stores and collections that are open.', () => pool.size);

  const isGuarded = settings.token !== undefined;
  const bootstrap = async ({ headers }: Request): Promise<object> => {
    if (!isAuthorized(headers, settings.token, sessions)) return { isGuarded, isReadOnly: settings.readOnly };
    // The page asks again for what is missing, and shows what the answer is.
    const listed = namespaces.list().catch((error: unknown) => {
      if (!isCairnError(error)) throw error;
      return undefined;
    });
    const [{ found }, names] = await Promise.all([pool.list(), listed]);
    return { isGuarded, isReadOnly: settings.readOnly, namespaces: names, stores: found.map(summaryOf) };
  };
  const routes: Route[] = [
    ...storeRoutes(pool),
    ...kvRoutes({ namespaces, settings }),
    ...fileRoutes(pool, { tree, isGuarded, isHidden }),
    ...systemRoutes({ metrics, sessions, settings, document: () => document }),
    ...pageRoutes({ page: await platform?.page(), bootstrap }),
  ];
  const document = JSON.stringify(openApiOf(routes, isGuarded));
  const hono = routed(routes);
  const hidden = [root.path, root.uri];

  const answer = async (request: Request, noted: Noted): Promise<Answer> => {
    const { url } = noted;
    try {
      if (active > maxRequests) throw busy(`${maxRequests} requests are being answered`);
      checkAccess(request, url, rules(), sessions);
      checkEscapes(url.pathname);
      if (request.method === 'OPTIONS' && url.pathname.startsWith('/files/')) return preflight(isGuarded);
      return answerIn(await hono.fetch(request, noted));
    } catch (error) {
      const answered = refuse(refusalOf(error, hidden), url.pathname);
      if (!url.pathname.startsWith('/files')) return answered;
      return { ...answered, headers: { ...answered.headers, ...fileHeaders(isGuarded) } };
    }
  };

  return {
    async answer(request) {
      const began = performance.now();
      const url = new URL(request.url);
      const noted: Noted = { url, route: 'none' };
      active++;
      let isOver = false;
      const end = (): void => {
        if (!isOver) active--;
        isOver = true;
      };
      try {
        const answered = await answer(request, noted);
        const durationMs = performance.now() - began;
        metrics.count(request.method, noted.route, answered.status, durationMs);
        onRequest?.({
          time: new Date(clock()).toISOString(),
          method: request.method,
          url: url.pathname + url.search,
          status: answered.status,
          durationMs: Math.round(durationMs * 1000) / 1000,
        });
        const { release } = answered;
        if (release === undefined) {
          end();
          return answered;
        }
        return {
          ...answered,
          release() {
            if (isOver) return undefined;
            end();
            return release();
          },
        };
      } catch (error) {
        end();
        throw error;
      }
    },
    async close() {
      await Promise.all([pool.close(), namespaces.close()]);
    },
  };
}

/** The router, by which a path has one route; a known path with another method is 405. */
function routed(routes: readonly Route[]): Hono<{ Bindings: Noted }> {
  const hono = new Hono<{ Bindings: Noted }>();
  for (const { path, method, answer } of routes) {
    const pattern = path.replace(/\{\w+\*\}/, '*').replace(/\{(\w+)\}/g, ':$1');
    hono.on(method.toUpperCase(), pattern, (context) => {
      context.env.route = path;
      // Hono passes on what a handler returns; only for HEAD does it make a Response of it.
      return answer(context.req.raw, context.env.url, context.req.param()) as unknown as Response;
    });
  }
  hono.notFound(
    (context) => otherMethod(routes, context.req.method, context.env.url.pathname) as unknown as Response,
  );
  hono.onError((error) => {
    throw error;
  });
  return hono;
}

/** Answers what has no route: the methods of the path, or that there is no such path. @throws {Refusal} 404 or 405. */
function otherMethod(routes: readonly Route[], method: string, path: string): Answer {
  const here = routes
    .filter((route) => patternOf(route).test(path))
    .map((route) => route.method.toUpperCase());
  if (here.length === 0) throw notFound(`there is nothing at ${JSON.stringify(path.slice(0, 200))}`);
  const allow = [...here, ...(here.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
  if (method === 'OPTIONS') return text(null, 204, { allow });
  throw new Refusal(
    405,
    {
      code: 'UNSUPPORTED',
      reason: 'Method not allowed',
      message: `${method.slice(0, 20)} is not possible here, but ${allow}`,
    },
    { allow },
  );
}

function patternOf({ path }: Route): RegExp {
  const pattern = path
    .replace(/[.]/g, '\\.')
    .replace(/\{\w+\*\}/, '.*')
    .replace(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${pattern}$`);
}

/** @throws {Refusal} 400 for a path whose escapes are broken. */
function checkEscapes(path: string): void {
  if (!path.includes('%')) return;
  try {
    decodeURIComponent(path);
  } catch {
    throw new Refusal(400, {
      code: 'INVALID_ARGUMENT',
      reason: 'Bad Request',
      message: 'the path has a broken escape',
    });
  }
}

/** What the router has returned: an answer, or what it has made of one for HEAD. */
function answerIn(returned: Response | Answer): Answer {
  if (!(returned instanceof Response)) return returned;
  return { status: returned.status, headers: Object.fromEntries(returned.headers), body: null };
}
