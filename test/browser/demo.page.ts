import { mkdirSync, rmSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildNetworks, bundleLibrary } from '../../fixtures/demo/page/prepare.mjs';
import { type StaticServer, serveStatic } from '../../fixtures/demo/page/static-server.mjs';
import { REPOSITORY } from '../package/source-files.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { openPage, startChromium } from './page-driver.ts';

// Where the pictures go; a directory that is removed at the end unless SCREENSHOTS names another.
const pictures = process.env.SCREENSHOTS ?? temporaryDirectory();
const made = temporaryDirectory();

let browser: Browser;
let server: StaticServer;

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  const [started] = await Promise.all([
    startChromium(),
    bundleLibrary(`${made}/lib`),
    buildNetworks(`${made}/stores/asn`),
  ]);
  browser = started;
  server = await serve();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
  rmSync(made, { recursive: true, force: true });
  if (process.env.SCREENSHOTS === undefined) rmSync(pictures, { recursive: true, force: true });
});

function serve(port = 0): Promise<StaticServer> {
  return serveStatic(
    {
      '/page/': `${REPOSITORY}fixtures/demo/page`,
      '/page/lib/': `${made}/lib`,
      '/stores/': `${made}/stores`,
    },
    { port },
  );
}

describe('the demo page', () => {
  it('shows one look-up of three requests, and does the next ones in two, one or none', async () => {
    const { page, troubles } = await openPage(browser, `${server.origin}/page/`);
    await page.setViewportSize({ width: 900, height: 760 });
    expect(await answer(page)).toEqual(['AS15169 Google LLC', '8.8.8.0 – 8.8.8.255']);
    expect(await requests(page)).toBe(3);
    expect(await page.textContent('#bytes')).toMatch(/^\d+(?:\.\d)?\skB of \d\d\.\d\sMB$/);
    expect(await page.getAttribute('#share', 'aria-label')).toMatch(/^0\.\d\d % of the store/);
    expect(await page.textContent('.lead')).toMatch(/515,158 networks are one static store of \d\d\.\d\sMB;/);
    expect(new URL(page.url()).hash).toBe('');

    // By keyboard alone: the field has the focus.
    await page.keyboard.type('2606:4700:4700::1111');
    await page.keyboard.press('Enter');
    await page.waitForFunction(`document.getElementById('name').textContent.startsWith('Cloudflare')`);
    expect(new URL(page.url()).hash).toBe('#2606:4700:4700::1111');
    // It lies in the second partition, whose index comes first.
    expect(await requests(page)).toBe(2);
    await page.click('text="1.1.1.1" >> visible=true');
    await page.waitForFunction(`document.getElementById('network').textContent.startsWith('1.1.1.0')`);
    expect(await requests(page)).toBe(1);
    await page.click('text="8.8.8.8" >> visible=true');
    await page.waitForFunction(`document.getElementById('name').textContent === 'Google LLC'`);
    expect(await requests(page)).toBe(0);
    await page.click('text="10.0.0.1" >> visible=true');
    await page.waitForFunction(
      `document.getElementById('name').textContent === 'Private address (RFC 1918)'`,
    );
    expect(await page.locator('#rows li').count()).toBe(5);

    await page.click('text="193.0.6.139" >> visible=true');
    await page.waitForFunction(`document.getElementById('name').textContent.includes('RIPE')`);
    await page.fill('#address', '2001:0db8:0000:0000:0000:0000:0000:0001');
    await page.keyboard.press('Enter');
    await page.waitForFunction(`document.getElementById('name').textContent.includes('documentation')`);
    expect(await page.textContent('#rows li:first-child .address')).toBe('2001:db8::1');
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const width of [900, 390, 320]) {
        await page.setViewportSize({ width, height: 760 });
        await page.screenshot({ path: `${pictures}/${colorScheme}-${width}.png`, fullPage: true });
        // Nothing is wider than the window.
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      }
    }
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('takes an address out of what people paste', async () => {
    const { page, troubles } = await openPage(browser, `${server.origin}/page/`);
    for (const [pasted, name] of [
      ['1.1.1.1/24', 'Cloudflare, Inc.'],
      ['https://8.8.8.8/dns-query?x', 'Google LLC'],
      ['http://[2606:4700:4700::1111]:8080/', 'Cloudflare, Inc.'],
      ['fe80::1%eth0', 'Link-local address (RFC 4291)'],
      [' 127.0.0.1 ', 'Loopback (RFC 1122)'],
      ['172.32.0.1', 'T-Mobile USA, Inc.'],
    ]) {
      await page.fill('#address', pasted);
      await page.keyboard.press('Enter');
      await page.waitForFunction(`document.getElementById('name').textContent === ${JSON.stringify(name)}`);
    }
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('says what is wrong with an address, and asks nothing', async () => {
    const { page, troubles } = await openPage(browser, `${server.origin}/page/`);
    await answer(page);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    for (const [wrong, trouble] of [
      ['', 'There is no address yet.'],
      ['8.8.8', '“8.8.8” is not an IP address.'],
      ['example.org', '“example.org” is not an IP address.'],
    ]) {
      await page.fill('#address', wrong);
      await page.keyboard.press('Enter');
      await page.waitForSelector(`#trouble:text("${trouble}")`);
      expect(await page.getAttribute('#address', 'aria-invalid')).toBe('true');
      expect(await page.evaluate('document.activeElement.id')).toBe('address');
    }
    await page.screenshot({ path: `${pictures}/wrong.png` });
    expect(asked).toEqual([]);
    await page.fill('#address', '1.1.1.1');
    await page.keyboard.press('Enter');
    expect(await answer(page)).toEqual(['AS13335 Cloudflare, Inc.', '1.1.1.0 – 1.1.1.255']);
    expect(await page.textContent('#trouble')).toBe('');
    expect(await page.getAttribute('#address', 'aria-invalid')).toBeNull();
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('keeps its places while it waits, and counts the requests that have ended', async () => {
    const page = await browser.newPage({ viewport: { width: 390, height: 760 } });
    const held: (() => void)[] = [];
    let free = false;
    await page.route('**/stores/**', async (route) => {
      if (!free) await new Promise<void>((resolve) => held.push(resolve));
      await route.continue();
    });
    await page.goto(`${server.origin}/page/`);
    const height = `document.getElementById('answer').offsetHeight`;
    await expect.poll(() => held.length).toBe(1);
    const waiting = await page.evaluate(height);
    held.shift()?.();
    await expect.poll(() => page.textContent('#requests')).toBe('1 done');
    await page.screenshot({ path: `${pictures}/waiting.png` });
    free = true;
    for (const go of held) go();
    await page.waitForFunction(`document.getElementById('name').textContent === 'Google LLC'`);
    expect(Math.abs(Number(await page.evaluate(height)) - Number(waiting))).toBeLessThan(30);
    await page.close();
  });

  it('looks up the address behind the # of its own', async () => {
    const { page } = await openPage(browser, `${server.origin}/page/#2001:4860:4860::8888`);
    expect((await answer(page))[0]).toBe('AS15169 Google LLC');
    expect(await page.inputValue('#address')).toBe('2001:4860:4860::8888');
    await page.close();
  });

  it('says that the server is gone, and goes on when it is back', async () => {
    const own = await serve();
    const page = await browser.newPage();
    await page.route('**/stores/**', (route) => route.abort());
    await page.goto(`${own.origin}/page/`);
    await page.waitForSelector('#trouble:not(:empty)');
    expect(await page.textContent('#trouble')).toBe('The server could not be reached. Try again.');
    await page.click('summary');
    expect(await page.textContent('#reason')).toContain('MANIFEST.json');
    await page.screenshot({ path: `${pictures}/gone.png` });
    await page.unroute('**/stores/**');
    await page.fill('#address', '8.8.8.8');
    await page.keyboard.press('Enter');
    expect((await answer(page))[0]).toBe('AS15169 Google LLC');
    expect(await page.textContent('#trouble')).toBe('');
    expect(await page.isVisible('#details')).toBe(false);
    // Gone once more, in the middle of things.
    await own.close();
    await page.fill('#address', '1.1.1.1');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#trouble:not(:empty)');
    expect(await page.isVisible('#answer')).toBe(false);
    const again = await serve(Number(new URL(own.origin).port));
    await page.keyboard.press('Enter');
    expect((await answer(page))[0]).toBe('AS13335 Cloudflare, Inc.');
    await page.close();
    await again.close();
  });
});

async function answer(page: Page): Promise<string[]> {
  await page.waitForSelector('#answer:not([hidden], .waiting)');
  const owner = await page.textContent('#owner');
  return [owner?.trim() ?? '', (await page.textContent('#network')) ?? ''];
}

async function requests(page: Page): Promise<number> {
  return Number(await page.textContent('#requests'));
}
