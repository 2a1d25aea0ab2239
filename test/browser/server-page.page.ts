import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCollection } from '../../src/node/collection.ts';
import { createStore } from '../../src/node/index.ts';
import { type CairnServer, createServer } from '../../src/node/server.ts';
import { buildCommand } from '../support/built-command.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { openPage, startChromium, type WatchedPage } from './page-driver.ts';

// Where the pictures go; a directory that is removed at the end unless SCREENSHOTS names another.
const pictures = process.env.SCREENSHOTS ?? temporaryDirectory();
const root = temporaryDirectory();
const ENTRIES = 300_000;

let browser: Browser;
let server: CairnServer;
let url: string;

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  buildCommand();
  const [started] = await Promise.all([startChromium(), makeStores()]);
  browser = started;
  server = createServer({ root, closeTimeoutMs: 200 });
  ({ url } = await server.listen({ port: 0 }));
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
  rmSync(root, { recursive: true, force: true });
  if (process.env.SCREENSHOTS === undefined) rmSync(pictures, { recursive: true, force: true });
});

async function makeStores(): Promise<void> {
  const many = await createStore(`${root}/many`, { valueEncoding: 'json', partitionBytes: 2 ** 21 });
  for (let i = 0; i < ENTRIES; i++)
    await many.put(`key-${String(i).padStart(7, '0')}`, { number: i, even: i % 2 === 0 });
  await many.close();
  await createStore(`${root}/empty`).close();
  const prices = await openCollection(`${root}/prices`, { valueEncoding: 'json' });
  await prices.commit([{ set: ['apple', 1.2] }, { set: ['pear', 0.9] }]);
  await prices.close();
}

async function visit(hash = ''): Promise<WatchedPage> {
  const opened = await openPage(browser, `${url}/${hash}`);
  await opened.page.setViewportSize({ width: 1280, height: 800 });
  return opened;
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds that is serious or worse. */
async function faultsOf(page: Page): Promise<string[]> {
  // By the debugger, which no policy of the page keeps from running it.
  await page.evaluate(axe);
  const { violations } = (await page.evaluate('axe.run(document)')) as {
    violations: { id: string; impact: string; nodes: { html: string }[] }[];
  };
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}

/** The text of the rows in sight. */
function rows(page: Page): Promise<string[]> {
  return page.getByRole('grid').getByRole('row').allTextContents();
}

describe('the page of the server', () => {
  it('shows what there is with its first answer, and nothing of another origin', async () => {
    const requests: string[] = [];
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(`${url}/`);
    const stores = page.getByRole('navigation', { name: 'Stores' });
    await expect.poll(() => stores.getByRole('link').count()).toBe(3);
    expect(await stores.textContent()).toMatch(
      /empty\s+0 entries.*many\s+300,000 entries.*prices\s+version 1/s,
    );
    expect(requests.every((asked) => asked.startsWith(url) || asked.startsWith('data:'))).toBe(true);
    expect(requests.filter((asked) => asked.includes('/api/'))).toEqual([]);
    expect(await faultsOf(page)).toEqual([]);
    await page.screenshot({ path: `${pictures}/page-home.png` });
    await page.close();
  });

  it('walks through a store by keyboard, and finds an entry by its key, its neighbours and its position', async () => {
    const { page, troubles } = await visit();
    await page.keyboard.press('/');
    await page.keyboard.type('man');
    await expect
      .poll(() => page.getByRole('navigation', { name: 'Stores' }).getByRole('link').count())
      .toBe(1);
    await page.keyboard.press('Enter');
    await page.getByText('300,000 entries', { exact: true }).waitFor();
    await page.getByRole('grid', { name: 'Entries of many' }).focus();
    await page.keyboard.press('End');
    await expect.poll(async () => (await rows(page)).join()).toContain('key-0299999');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    const entry = page.getByRole('region', { name: 'Entry' });
    expect(await entry.textContent()).toMatch(/key-0299998.*object.*"number": 299998/s);
    await page.keyboard.press('Escape');

    await page.getByLabel('Find').selectOption('At or before');
    await page.keyboard.type('key-0150000x');
    await page.keyboard.press('Enter');
    await expect.poll(() => entry.textContent()).toMatch(/key-0150000.*entry 150,000/s);
    await expect.poll(() => page.getByRole('row', { selected: true }).textContent()).toContain('key-0150000');
    expect(await faultsOf(page)).toEqual([]);
    await page.screenshot({ path: `${pictures}/page-entries.png` });

    await page.getByLabel('Find').selectOption('Position');
    await page.keyboard.type('-1');
    await page.keyboard.press('Enter');
    await expect.poll(() => entry.textContent()).toContain('key-0299999');
    await page.getByLabel('Find').selectOption('Exactly');
    await page.keyboard.type('nothing');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('#trouble').textContent()).toContain('many has no key "nothing"');
    expect(troubles.filter((trouble) => !trouble.includes('404'))).toEqual([]);
    await page.close();
  });

  it('searches by beginnings as one types, and lists from the end', async () => {
    const { page, troubles } = await visit('#/store/many');
    await page.getByRole('searchbox', { name: 'the beginning of keys' }).pressSequentially('key-00012');
    await page.getByText('100 entries whose keys begin with “key-00012”').waitFor();
    await page.getByRole('button', { name: 'Last first' }).click();
    await expect.poll(async () => (await rows(page))[0]).toContain('key-0001299');
    await page.getByRole('searchbox', { name: 'the beginning of keys' }).fill('zzz');
    await page.getByText('No key begins with “zzz”.').waitFor();
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('lists a collection, an empty store, and says that there is no other', async () => {
    await (await openCollection(`${root}/unpriced`)).close();
    const { page, troubles } = await visit('#/store/prices');
    await expect.poll(() => rows(page)).toHaveLength(2);
    expect((await rows(page))[0]).toMatch(/apple\s*1\.2/);
    await page.getByText('2 entries', { exact: true }).waitFor();
    for (const name of ['unpriced', 'empty']) {
      await page.goto(`${url}/#/store/${name}`);
      await page.getByRole('heading', { name }).waitFor();
      await page.getByText('This store has no entries.').waitFor();
    }
    await page.goto(`${url}/#/store/nowhere`);
    await page.getByText('There is no store “nowhere” here.').waitFor();
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('draws the partitions and how the keys are spread, and verifies', async () => {
    const { page, troubles } = await visit('#/store/many/about');
    await expect.poll(() => page.locator('figure').count()).toBe(2);
    await page.getByText('As a table').first().click();
    expect(await page.locator('figure').first().getByRole('row').count()).toBeGreaterThan(4);
    expect(await faultsOf(page)).toEqual([]);
    await page.screenshot({ path: `${pictures}/page-about.png` });
    await page.getByRole('link', { name: 'Verify' }).click();
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.getByText('Everything is intact').waitFor();
    expect(await page.getByRole('status').textContent()).toContain('300,000 entries');
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('fits a phone, light and dark', async () => {
    const { page, troubles } = await visit('#/store/many');
    await expect.poll(async () => (await rows(page)).join()).toContain('key-0000000');
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const width of [390, 320]) {
        await page.setViewportSize({ width, height: 780 });
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
        await page.screenshot({ path: `${pictures}/page-${colorScheme}-${width}.png` });
      }
      expect(await faultsOf(page)).toEqual([]);
    }
    await page.getByRole('button', { name: 'Contents' }).click();
    await page
      .getByRole('navigation', { name: 'Stores' })
      .getByRole('link', { name: /prices/ })
      .click();
    await page.getByRole('heading', { name: 'prices' }).waitFor();
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('makes a namespace and its keys, and keeps types, digits and ends when they are edited', async () => {
    const { page, troubles } = await visit();
    await page.getByLabel('A new namespace').fill('company.team');
    await page.keyboard.press('Enter');
    await page.getByText('This namespace has no keys yet').waitFor();
    const add = async (key: string, type: string, value: string, expires = 'never'): Promise<void> => {
      await page.getByRole('button', { name: 'New key' }).click();
      await page.getByLabel('Key', { exact: true }).fill(key);
      await page.getByLabel('Type').selectOption(type);
      await page.getByLabel('Value').fill(value);
      await page.getByLabel('Expires').selectOption(expires);
      await page.getByRole('button', { name: 'Save' }).click();
    };
    await add('cursor', 'NUMBER', '12345678901234567890');
    await page.getByText('Saved “cursor”.').waitFor();
    await add('config', 'JSON', '{"ratio":1.0', 'after 1 day');
    await page.getByText('This is no JSON').waitFor();
    await page.getByLabel('Value').fill('{"ratio":1.0}');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved “config”.').waitFor();
    await add('cursor', 'STRING', 'other');
    await page.getByText('There is such a key already').waitFor();
    await page.keyboard.press('Escape');

    // What is saved unchanged is unchanged, to the digit and to the second.
    const stored = async (key: string): Promise<Record<string, unknown> & { text: string }> => {
      const answer = await fetch(`${url}/api/v1/namespaces/company.team/entries/${key}`);
      const text = await answer.text();
      return { ...(JSON.parse(text) as Record<string, unknown>), text };
    };
    const before = await stored('config');
    for (const key of ['cursor', 'config']) {
      await page.getByRole('row', { name: new RegExp(key) }).click();
      await page.getByRole('form', { name: `Key ${key}` }).waitFor();
      await page.getByLabel('Description').fill('Zeichen: ä');
      await page.getByRole('button', { name: 'Save' }).click();
      await expect.poll(async () => (await stored(key)).revision).toBe(2);
      await page.getByRole('form').waitFor({ state: 'detached' });
    }
    expect((await stored('cursor')).text).toContain('12345678901234567890');
    const after = await stored('config');
    expect(after.text).toMatch(/"ratio":\s*1\.0/);
    expect(after).toMatchObject({ type: 'JSON', description: 'Zeichen: ä' });
    const moved = Date.parse(String(after.expirationDate)) - Date.parse(String(before.expirationDate));
    expect(Math.abs(moved)).toBeLessThan(2000);

    await page.getByRole('row', { name: /cursor/ }).click();
    await page.getByRole('button', { name: 'Earlier values' }).click();
    await page.getByRole('cell', { name: 'NUMBER' }).first().waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.screenshot({ path: `${pictures}/page-namespace.png` });

    // Somebody else is sooner.
    await fetch(`${url}/api/v1/namespaces/company.team/kv/cursor`, { method: 'PUT', body: '7' });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('changed by others meanwhile').waitFor();
    await page.keyboard.press('Escape');

    await fetch(`${url}/api/v1/namespaces/company/kv/region`, { method: 'PUT', body: 'eu' });
    await page.reload();
    await page.getByText('1 inherited').click();
    await page.getByText('region').waitFor();
    for (const key of ['cursor', 'config']) await page.getByLabel(`Choose ${key}`).check();
    await page.getByRole('button', { name: 'Delete 2 keys …' }).click();
    await page.getByRole('group', { name: 'Confirm' }).getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Deleted 2 keys.').waitFor();
    expect(troubles.filter((trouble) => !/40[49]|412|410/.test(trouble))).toEqual([]);
    await page.close();
  });

  it('asks for the token once, and tells a wrong one', async () => {
    const guarded = createServer({ root, token: 'open-sesame', closeTimeoutMs: 200 });
    const { url: place } = await guarded.listen({ port: 0 });
    const { page } = await openPage(browser, `${place}/`);
    expect(await page.content()).not.toContain('many');
    await page.getByLabel('Token').fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByText('this is not the token of the server').waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.screenshot({ path: `${pictures}/page-token.png` });
    await page.getByLabel('Token').fill('open-sesame');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: /many/ }).first().waitFor();
    await page.reload();
    await page.getByRole('link', { name: /many/ }).first().waitFor();
    await page.close();
    await guarded.close();
  });

  it('teaches the first command where there is nothing', async () => {
    const nothing = temporaryDirectory();
    writeFileSync(`${nothing}/notes.txt`, 'no store');
    const bare = createServer({ root: nothing, closeTimeoutMs: 200 });
    const { url: place } = await bare.listen({ port: 0 });
    const { page } = await openPage(browser, `${place}/`);
    await page.getByText('cairn import fruit').waitFor();
    await page.close();
    await bare.close();
    rmSync(nothing, { recursive: true });
  });
});
