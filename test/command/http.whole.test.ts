import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/node/index.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';
import { HttpServer } from '../support/http-server.ts';
import { cairn, must } from '../support/run-cairn.ts';

const at = directoryPerTest();

/** Nine megabytes, in partitions of more than one, which a server without ranges sends for no look-up. */
const LINES = Array.from(
  { length: 20_000 },
  (_, i) => `k${String(i).padStart(5, '0')}\t${String(i).repeat(100)}\n`,
).join('');

let server: HttpServer;
let url: string;
let bytes = 0;

beforeEach(async () => {
  await must(['import', at('s'), '-q', '--partition-bytes', '2m'], { stdin: LINES });
  bytes = readdirSync(at('s/data')).reduce((sum, name) => sum + statSync(at(`s/data/${name}`)).size, 0);
  expect(readdirSync(at('s/data')).length).toBeGreaterThan(2);
  server = await HttpServer.start(dirname(at('s')));
  url = `${server.origin}/s`;
  server.behave({ ignoreRange: true });
});
afterEach(() => server.close());

describe.each([false, true])('a server that ignores ranges (chunked: %s)', (chunked) => {
  beforeEach(() => server.behave({ ignoreRange: true, chunked }));

  it.each([
    ['copy', () => ['copy', url, at('copy'), '-q'], ''],
    ['copy --resume', () => ['copy', url, at('copy'), '-q', '--resume'], ''],
    ['export', () => ['export', url], LINES],
    ['verify', () => ['verify', url, '-q'], ''],
    ['diff', () => ['diff', url, at('s')], ''],
    ['merge', () => ['merge', url, at('copy'), '-q'], ''],
    ['salvage', () => ['salvage', url, at('copy'), '-q'], ''],
  ] as const)('is enough for cairn %s, which receives each file about once', async (_name, argv, printed) => {
    expect((await must(argv())).out === printed).toBe(true);
    // The first request for each partition is given up at its head, which some bytes follow.
    expect(server.sent).toBeLessThan(3 * bytes);
    if (argv().includes(at('copy'))) expect((await must(['export', at('copy')])).out === LINES).toBe(true);
  });

  it('is refused for look-ups, which would receive a whole partition', async () => {
    for (const argv of [
      ['get', url, 'k00007'],
      ['floor', url, 'k00007'],
      ['count', url, '--gte', 'k00007'],
    ]) {
      expect(await cairn(argv)).toMatchObject({
        code: 4,
        err: expect.stringContaining('ignores Range requests'),
      });
    }
    await expect(openStore(url).get('k00007')).rejects.toThrow('ignores Range requests');
    await using store = await openStore<string, string>(url, { whole: true });
    expect(await store.get('k00007')).toBe('7'.repeat(100));
  });
});

it('reports damage of a file that came whole', async () => {
  const name = readdirSync(at('s/data'))[1];
  const file = readFileSync(at(`s/data/${name}`));
  file[1_000_000] ^= 1;
  writeFileSync(at(`s/data/${name}`), file);
  for (const argv of [
    ['verify', url],
    ['copy', url, at('copy')],
    ['export', url],
  ]) {
    expect((await cairn(argv)).code).toBe(3);
  }
});

it('a broken connection is taken up again', async () => {
  let number = 0;
  server.behave(() => ({ ignoreRange: true, ...(number++ % 4 === 2 ? { cutAt: 700_000 } : {}) }));
  await must(['copy', url, at('copy'), '-q']);
  expect((await must(['export', at('copy')])).out === LINES).toBe(true);
});
