import { afterAll, beforeAll, expect, it } from 'vitest';
import { S3Server } from '../support/s3-server.ts';
import { cairn, must } from './run-cairn.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const at = temporaryDirectory();
let server: S3Server;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  server = await S3Server.start();
  env = {
    AWS_ACCESS_KEY_ID: 'AK',
    AWS_SECRET_ACCESS_KEY: 'SK',
    AWS_REGION: server.region,
    AWS_ENDPOINT_URL_S3: server.endpoint,
  };
});
afterAll(() => server.stop());

it('every command works on `s3:` URIs, reached as the environment says', async () => {
  await must(['import', 's3://bucket/fruit', '-q'], { env, stdin: 'apple\tred\nbanana\tyellow\n' });
  await must(['import', at('local'), '-q'], { stdin: 'cherry\tblack\n' });
  expect((await must(['get', 's3://bucket/fruit', 'banana'], { env })).out).toBe('yellow\n');
  expect((await must(['scan', 's3://bucket/fruit'], { env })).out).toBe('apple\tred\nbanana\tyellow\n');
  expect((await must(['count', 's3://bucket/fruit'], { env })).out).toBe('2\n');
  expect((await must(['list', 's3://bucket'], { env })).out).toContain('s3://bucket/fruit');
  await must(['verify', 's3://bucket/fruit'], { env });
  await must(['inspect', 's3://bucket/fruit'], { env });
  // The one that names the bucket may stand at any place.
  await must(['merge', at('local'), 's3://bucket/fruit', at('both'), '-q'], { env });
  expect((await must(['export', at('both'), '-q'])).out).toBe('apple\tred\nbanana\tyellow\ncherry\tblack\n');
  await must(['import', at('sorted'), '-q', '--metadata', '{}'], { env, stdin: 'a\tb\n' });
  await must(['rename', 's3://bucket/fruit', 's3://bucket/archive/fruit'], { env });
  expect((await cairn(['diff', 's3://bucket/archive/fruit', at('both'), '-q'], { env })).code).toBe(1);
  expect((await must(['sweep', 's3://bucket', '--older-than', '0'], { env })).err).toContain(
    'removed 0 files',
  );
  expect((await must(['test', 's3://bucket/archive'], { env })).out).toBe('Passed the test!\n');
  await must(['delete', 's3://bucket/archive/fruit'], { env });
  expect(server.keysIn()).toEqual([]);
});

it('says what is missing in the environment', async () => {
  const { code, err } = await cairn(['get', 's3://bucket/fruit', 'apple']);
  expect([code, err]).toEqual([2, expect.stringContaining('AWS_ACCESS_KEY_ID')]);
});
