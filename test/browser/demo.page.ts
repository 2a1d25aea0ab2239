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
  it('finds the network of an address in three requests, of the next ones in one or none', async () => {
    const { page, troubles } = await openPage(browser, `${server.origin}/page/`);
    await page.setViewportSize({ width: 900, height: 760 });
    // By keyboard alone: the field has the focus.
    await page.keyboard.type('8.8.8.8');
    await page.keyboard.press('Enter');
    expect(await answer(page)).toEqual(['AS15169 Google LLC', '8.8.8.0 – 8.8.8.255']);
    expect(await requests(page)).toBeLessThanOrEqual(3);
    expect(await page.textContent('#bytes')).toMatch(/^\d+(?:\.\d)? kB of \d\d\.\d MB$/);
    expect(new URL(page.url()).hash).toBe('#8.8.8.8');

    await page.fill('#address', '');
    await page.keyboard.type('2606:4700:4700::1111');
    await page.keyboard.press('Enter');
    await page.waitForFunction(`document.getElementById('name').textContent.startsWith('Cloudflare')`);
    // It lies in the second partition, whose index comes first.
    expect(await requests(page)).toBe(2);
    await page.click('text="1.1.1.1" >> visible=true');
    await page.waitForFunction(`document.getElementById('network').textContent.startsWith('1.1.1.0')`);
    expect(await requests(page)).toBe(1);
    await page.click('text="8.8.8.8" >> visible=true');
    await page.waitForFunction(`document.getElementById('name').textContent === 'Google LLC'`);
    expect(await requests(page)).toBe(0);
    await page.click('text="10.0.0.1" >> visible=true');
    await page.waitForFunction(`document.getElementById('name').textContent === 'In no announced network'`);
    expect(await page.locator('#rows tr').count()).toBe(5);
    expect(await page.textContent('#store')).toMatch(/^515,158 networks, /);

    await page.click('text="193.0.6.139" >> visible=true');
    await page.waitForFunction(`document.getElementById('name').textContent.includes('RIPE')`);
    await page.screenshot({ path: `${pictures}/light.png` });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.screenshot({ path: `${pictures}/dark.png` });
    await page.setViewportSize({ width: 360, height: 760 });
    await page.screenshot({ path: `${pictures}/narrow.png` });
    // Nothing is wider than the window.
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('says what is wrong with an address, and asks nothing', async () => {
    const { page, troubles } = await openPage(browser, `${server.origin}/page/`);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    for (const [wrong, trouble] of [
      ['', 'There is no address yet.'],
      ['8.8.8', '“8.8.8” is no IP address.'],
      ['example.org', '“example.org” is no IP address.'],
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

  it('looks up the address behind the # of its own', async () => {
    const { page } = await openPage(browser, `${server.origin}/page/#2001:4860:4860::8888`);
    expect((await answer(page))[0]).toBe('AS15169 Google LLC');
    expect(await page.inputValue('#address')).toBe('2001:4860:4860::8888');
    await page.close();
  });

  it('says that the server is gone, and goes on when it is back', async () => {
    const own = await serve();
    const { page } = await openPage(browser, `${own.origin}/page/`);
    await own.close();
    await page.fill('#address', '8.8.8.8');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#trouble:not(:empty)');
    expect(await page.textContent('#trouble')).toMatch(/^The store could not be read: .*\. Try again\.$/);
    await page.screenshot({ path: `${pictures}/gone.png` });
    const again = await serve(Number(new URL(own.origin).port));
    await page.keyboard.press('Enter');
    expect((await answer(page))[0]).toBe('AS15169 Google LLC');
    expect(await page.textContent('#trouble')).toBe('');
    // Gone once more, in the middle of things.
    await again.close();
    await page.fill('#address', '1.1.1.1');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#trouble:not(:empty)');
    expect(await page.isVisible('#answer')).toBe(false);
    const last = await serve(Number(new URL(own.origin).port));
    await page.keyboard.press('Enter');
    expect((await answer(page))[0]).toBe('AS13335 Cloudflare, Inc.');
    await page.close();
    await last.close();
  });
});

async function answer(page: Page): Promise<string[]> {
  await page.waitForSelector('#answer:not([hidden])');
  const owner = await page.textContent('#owner');
  return [owner?.trim() ?? '', (await page.textContent('#network')) ?? ''];
}

async function requests(page: Page): Promise<number> {
  return Number(await page.textContent('#requests'));
}
