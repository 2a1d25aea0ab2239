import { readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StaticServer, serveStatic } from '../../fixtures/demo/page/static-server.mjs';
import { REPOSITORY } from '../package/source-files.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { openPage, startChromium } from './page-driver.ts';

const PAGES = `${REPOSITORY}test/browser/pages`;

const EXPECTED = {
  memory: [{ number: 499, kind: 'apple' }, 500, true],
  http: {
    'compression-none': [true, 120, true],
    'compression-deflate': [true, 120, true],
    'compression-zstd': [true, 120, true],
    'keys-tuple': [true, countOf('keys-tuple'), true],
    'values-msgpack': [true, countOf('values-msgpack'), true],
  },
  file: Object.fromEntries(
    ['compression-none', 'compression-deflate', 'compression-zstd'].map((name) => [
      name,
      ['dropped.cairn', 90, 120, 'UNSUPPORTED'],
    ]),
  ),
  errors: ['NOT_FOUND', 'UNSUPPORTED', 'NOT_A_STORE'],
};

let browser: Browser;
let server: StaticServer;
let built: string;

beforeAll(async () => {
  built = temporaryDirectory();
  [browser, server] = await Promise.all([
    startChromium(),
    serveStatic({
      '/': PAGES,
      '/dist/': `${REPOSITORY}dist`,
      '/node_modules/': realpathSync(`${REPOSITORY}node_modules`),
      '/golden/': `${REPOSITORY}fixtures/golden/v1`,
      '/built/': built,
    }),
  ]);
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  rmSync(built, { recursive: true, force: true });
});

describe('the library in Chromium', () => {
  it('runs as it is built, with an import map for its packages', async () => {
    const { page, troubles } = await openPage(browser, `${server.origin}/unbundled.html`);
    expect(await outcome(page)).toEqual(EXPECTED);
    // The one request that finds nothing is the one for a store that is not there.
    expect(troubles.filter((text) => !text.includes('404'))).toEqual([]);
    // Not in the import map.
    expect(await page.evaluate('checkZstd()')).toBe('UNSUPPORTED');
    await page.close();
  });

  it('runs as vite bundles it, and loads decoders and the writer of zstd when they are needed', async () => {
    await build({
      configFile: false,
      root: PAGES,
      base: './',
      logLevel: 'silent',
      resolve: { alias: { cairnkv: join(REPOSITORY, 'dist/bundler/index.js') } },
      build: { outDir: built, emptyOutDir: true, rolldownOptions: { input: `${PAGES}/bundled.html` } },
    });
    const { page, troubles } = await openPage(browser, `${server.origin}/built/bundled.html`);
    const loaded: string[] = [];
    page.on('request', (request) => loaded.push(request.url()));
    expect(await outcome(page)).toEqual(EXPECTED);
    expect(troubles.filter((text) => !text.includes('404'))).toEqual([]);
    expect(loaded.some((url) => /fzstd.*\.js$/.test(url))).toBe(true);
    expect(loaded.some((url) => url.endsWith('.wasm'))).toBe(false);
    expect(await page.evaluate('checkZstd()')).toEqual([9000, true]);
    expect(loaded.some((url) => url.endsWith('.wasm'))).toBe(true);

    // Without its WebAssembly the package says nothing, for ever.
    for (const trouble of ['no such file', 'no network'] as const) {
      await page.reload();
      await page.route('**/*.wasm', (route) =>
        trouble === 'no network' ? route.abort() : route.fulfill({ status: 404, body: 'no' }),
      );
      for (let time = 0; time < 2; time++) {
        expect(await page.evaluate('checkZstd()'), trouble).toBe('UNSUPPORTED');
      }
      await page.unroute('**/*.wasm');
    }
    await page.close();
  });

  it('case 66: is UNSUPPORTED on a page that forbids WebAssembly, says what to allow, and runs once that is done', async () => {
    const tryOut = async (policy: string): Promise<unknown> => {
      const page = await browser.newPage();
      await page.route('**/unbundled.html', async (route) => {
        const response = await route.fetch();
        const headers = { ...response.headers(), 'content-security-policy': policy };
        await route.fulfill({ response, headers });
      });
      await page.goto(`${server.origin}/unbundled.html`, { waitUntil: 'load' });
      const said = await page.evaluate('checkWebAssembly()');
      await page.close();
      return said;
    };
    const policy = "default-src 'self' data:; script-src 'self' 'unsafe-inline'";
    const refused = ['UNSUPPORTED', expect.stringContaining("'wasm-unsafe-eval'")];
    expect(await tryOut(policy)).toEqual([refused, refused, refused]);
    expect(await tryOut(`${policy} 'wasm-unsafe-eval'`)).toEqual(['done', 'done', 'done']);
  });
});

function outcome(page: Page): Promise<unknown> {
  return page.evaluate(`check(new URL('/golden/', location.href))`);
}

function countOf(name: string): number {
  const file = `${REPOSITORY}fixtures/golden/v1/${name}/expected.json`;
  return (JSON.parse(readFileSync(file, 'utf8')) as { count: number }).count;
}
