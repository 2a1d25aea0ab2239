import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import type { HttpServer } from '../../support/http-server.ts';
import { cairn, must } from '../../support/run-cairn.ts';
import { serveStore } from '../../support/served-store.ts';

const at = directoryPerTest();

let server: HttpServer;
let url: string;

beforeEach(async () => {
  ({ server, url } = await serveStore(at));
});
afterEach(() => server.close());

describe('cairn copy', () => {
  it('brings a store from a web server, and says how much', async () => {
    const { out, err } = await must(['copy', url, at('t')]);
    expect(out).toBe('');
    expect(err).toMatch(/^copied 500 entries, [\d.]+ kB\n$/);
    expect((await must(['diff', at('s'), at('t')])).out).toBe('');
    expect(readdirSync(at('t/data')).sort()).toEqual(readdirSync(at('s/data')).sort());
    const { out: json } = await must(['copy', url, at('u'), '-q', '--json']);
    expect(JSON.parse(json)).toMatchObject({ count: 500 });
  });

  it('refuses a place that is taken, and a source that is none', async () => {
    expect(await cairn(['copy', url, at('s')])).toMatchObject({ code: 2 });
    expect(await cairn(['copy', `${server.origin}/none`, at('t')])).toMatchObject({ code: 5 });
    expect(existsSync(at('t'))).toBe(false);
  });

  it('goes on where it was cut short', async () => {
    const parts = readdirSync(at('s/data')).sort();
    // The server fails for good at the third partition.
    server.behave(({ path }) => (path.endsWith(parts[2]) ? { status: 403 } : undefined));
    expect(await cairn(['copy', url, at('t'), '--resume'])).toMatchObject({ code: 4 });
    expect(readdirSync(at('t/data')).sort()).toEqual(parts.slice(0, 2));
    server.behave();
    expect(await cairn(['copy', url, at('t')])).toMatchObject({ code: 2 });
    await must(['copy', url, at('t'), '--resume', '-q']);
    const copied = server.requests.map(({ path }) => path).filter((path) => path.endsWith(parts[0]));
    expect(copied.length).toBeLessThanOrEqual(1);
    expect((await must(['diff', at('s'), at('t')])).out).toBe('');
  });

  it('shows its progress on a terminal', async () => {
    let now = 0;
    const { err } = await must(['copy', url, at('t')], { terminal: true, now: () => (now += 400) });
    expect(err).toMatch(/\rcopying \[#+\.*\] \d+ % /);
    expect(join(at('t'), 'data')).toSatisfy(existsSync);
  });
});
