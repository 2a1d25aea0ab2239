import { execFileSync } from 'node:child_process';
import { mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));

/** What a program does that may read and write one directory. */
const PROGRAM = `
import * as cairn from ${JSON.stringify(new URL('../../dist/node/index.js', import.meta.url).href)};
const root = process.argv[2];
const writer = await cairn.createStore(root + '/a', { sort: true, sortBytes: 65536, partitionBytes: 200_000 });
for (let i = 2000; i > 0; i--) await writer.put('k' + i, 'x'.repeat(300));
await writer.close();
await cairn.createStore(root + '/b').put('b', 1).close();
await cairn.mergeStores([root + '/a', root + '/b'], root + '/c');
await cairn.mergeStore(root + '/b', root + '/a');
await cairn.copyStore(root + '/a', root + '/d');
await cairn.renameStore(root + '/d', root + '/deep/er/d');
await cairn.deleteStore(root + '/c');
await cairn.sweepStores(root, { olderThanMs: 0 });
const found = [];
for await (const { count } of cairn.listStores(root)) found.push(count);
const { ok } = await cairn.verifyStore(root + '/deep/er/d');
console.log(JSON.stringify({ found, ok, b: await cairn.openStore(root + '/a').get('b') }));
`;

it('the library reads and writes where the permission model of Node lets it, and only there', () => {
  const flag = process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission';
  const base = realpathSync(temporaryDirectory());
  try {
    const root = `${base}/out`;
    mkdirSync(root);
    writeFileSync(`${base}/program.mjs`, PROGRAM);
    const allowed = [`--allow-fs-read=${PACKAGE}`, `--allow-fs-read=${base}`, `--allow-fs-write=${root}`];
    const run = (directory: string): string =>
      execFileSync(process.execPath, [flag, ...allowed, `${base}/program.mjs`, directory], {
        encoding: 'utf8',
        stdio: 'pipe',
      });
    expect(JSON.parse(run(root))).toEqual({ found: [2001], ok: true, b: 1 });
    expect(() => run(base)).toThrow(/ERR_ACCESS_DENIED|Access to this API has been restricted/);
  } finally {
    rmSync(base, { recursive: true });
  }
});
