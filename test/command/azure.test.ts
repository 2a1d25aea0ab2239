import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ACCOUNT, AzureFake, KEY } from '../support/azure-fake.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';
import { cairn, must } from '../support/run-cairn.ts';

const at = directoryPerTest();
const env = { AZURE_STORAGE_CONNECTION_STRING: `AccountName=${ACCOUNT};AccountKey=${KEY}` };
let fake: AzureFake;

beforeEach(() => {
  fake = new AzureFake();
  vi.stubGlobal('fetch', fake.fetch);
});
afterEach(() => vi.unstubAllGlobals());

it('every command works on `az:` URIs, reached as the environment says', async () => {
  await must(['import', 'az://container/fruit', '-q'], { env, stdin: 'apple\tred\nbanana\tyellow\n' });
  await must(['import', at('local'), '-q'], { stdin: 'cherry\tblack\n' });
  expect((await must(['get', 'az://container/fruit', 'banana'], { env })).out).toBe('yellow\n');
  expect((await must(['scan', 'az://container/fruit'], { env })).out).toBe('apple\tred\nbanana\tyellow\n');
  expect((await must(['count', 'az://container/fruit'], { env })).out).toBe('2\n');
  expect((await must(['list', 'az://container'], { env })).out).toContain('az://container/fruit');
  await must(['verify', 'az://container/fruit'], { env });
  await must(['inspect', 'az://container/fruit'], { env });
  // The one that names the container may stand at any place.
  await must(['merge', at('local'), 'az://container/fruit', at('both'), '-q'], { env });
  expect((await must(['export', at('both'), '-q'])).out).toBe('apple\tred\nbanana\tyellow\ncherry\tblack\n');
  await must(['rename', 'az://container/fruit', 'az://container/archive/fruit'], { env });
  expect((await cairn(['diff', 'az://container/archive/fruit', at('both'), '-q'], { env })).code).toBe(1);
  expect((await must(['sweep', 'az://container', '--older-than', '0'], { env })).err).toContain(
    'removed 0 files',
  );
  await must(['delete', 'az://container/archive/fruit'], { env });
  expect(fake.names()).toEqual([]);
});

it('says what is missing in the environment', async () => {
  const { code, err } = await cairn(['get', 'az://container/fruit', 'apple']);
  expect([code, err]).toEqual([2, expect.stringContaining('AZURE_STORAGE_CONNECTION_STRING')]);
});
