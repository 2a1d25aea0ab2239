import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Interruption } from '../../src/cli/terminal/failure.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';
import type { HttpServer } from '../support/http-server.ts';
import { cairn, must } from '../support/run-cairn.ts';
import { SERVED_LINES, serveStore } from '../support/served-store.ts';

const at = directoryPerTest();

let server: HttpServer;
let url: string;

beforeEach(async () => {
  ({ server, url } = await serveStore(at));
});
afterEach(() => server.close());

describe('a store behind a web server', () => {
  it('is read by every command that reads', async () => {
    expect((await must(['get', url, 'k0007', 'k0400'])).out).toBe('value 7\nvalue 400\n');
    expect((await must(['floor', url, 'k0007x'])).out).toBe('k0007\tvalue 7\n');
    expect((await must(['count', url, '--gte', 'k0100', '--lt', 'k0200'])).out).toBe('100\n');
    expect((await must(['scan', url, '--prefix', 'k001', '--limit', '2'])).out).toBe(
      'k0010\tvalue 10\nk0011\tvalue 11\n',
    );
    expect((await must(['export', url])).out).toBe(SERVED_LINES);
    expect(JSON.parse((await must(['info', url, '--json'])).out)).toMatchObject({ count: 500, uri: url });
    expect((await must(['verify', url, '--json'])).out).toContain('"ok":true');
    expect((await must(['diff', url, at('s')])).out).toBe('');
    const part = readdirSync(at('s/data'))[0];
    expect((await must(['scan', `${url}/data/${part}`, '--limit', '1'])).out).toBe('k0000\tvalue 0\n');
  });

  it('that is not there, is no store, or is damaged ends as on a disk', async () => {
    expect(await cairn(['get', `${server.origin}/none`, 'a'])).toMatchObject({ code: 5 });
    expect((await cairn(['get', url, 'nothing'])).code).toBe(1);
    const part = readdirSync(at('s/data'))[0];
    const file = at(`s/data/${part}`);
    const bytes = readFileSync(file);
    bytes[100] ^= 1;
    writeFileSync(file, bytes);
    const { code, err } = await cairn(['scan', url]);
    expect(code).toBe(3);
    expect(err).toContain(`${url}/data/${part}`);
    expect((await cairn(['verify', url])).code).toBe(3);
  });

  it('that is silent ends an export at once when the command is interrupted', async () => {
    const controller = new AbortController();
    server.behave(({ path }) => (path.endsWith('.cairn') ? { stallAt: 100 } : undefined));
    const ended = cairn(['export', '-o', at('out'), url], { signal: controller.signal });
    await server.reached(2);
    const started = performance.now();
    controller.abort(new Interruption('SIGINT'));
    expect(await ended).toMatchObject({ code: 130, err: 'cairn: interrupted\n' });
    expect(performance.now() - started).toBeLessThan(2000);
    expect(await server.requests[1].ended).toBe('closed');
    expect(readdirSync(dirname(at('out'))).filter((name) => name.startsWith('out'))).toEqual([]);
  });

  it('can not be written to', async () => {
    for (const argv of [
      ['import', `${server.origin}/t`],
      ['delete', url],
      ['rename', url, `${server.origin}/t`],
      ['list', server.origin],
      ['copy', at('s'), `${server.origin}/t`],
    ]) {
      const { code, err } = await cairn(argv);
      expect({ argv, code }).toEqual({ argv, code: 2 });
      expect(err).toMatch(
        /^cairn: .*can't be (written to|deleted|renamed|listed): http: URIs are for reading only/,
      );
    }
  });
});
