import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { directoryPerTest } from '../support/directory-per-test.ts';
import { cairn, must } from '../support/run-cairn.ts';
import { S3Server } from '../support/s3-server.ts';

const at = directoryPerTest();
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
beforeEach(() => {
  server.fault = undefined;
  server.conditions = 'honoured';
  server.buckets.set('bucket', new Map());
});

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

it('copies to a bucket, within it and out of it, and goes on where a copy was cut short', async () => {
  const lines = Array.from({ length: 60 }, (_, i) => `key${i + 10}\t${'x'.repeat(300)}\n`).join('');
  await must(['import', at('many'), '-q', '--partition-bytes', '4KiB'], { stdin: lines });
  let parts = 0;
  server.fault = ({ method, key }) =>
    method === 'PUT' && key.endsWith('.cairn') && ++parts > 2
      ? { status: 403, code: 'AccessDenied' }
      : undefined;
  const cut = await cairn(['copy', at('many'), 's3://bucket/many', '--resume', '-q'], { env });
  expect([cut.code, cut.err]).toEqual([4, expect.stringContaining('403 AccessDenied')]);
  server.fault = undefined;
  const kept = server.keysIn();
  expect(kept.length).toBe(2);
  expect((await cairn(['copy', at('many'), 's3://bucket/many', '-q'], { env })).err).toContain('resume');
  server.log.length = 0;
  await must(['copy', at('many'), 's3://bucket/many', '--resume', '-q'], { env });
  for (const key of kept) expect(server.log).not.toContain(`PUT bucket/${key}`);
  await must(['copy', 's3://bucket/many', 's3://bucket/again', '-q'], { env });
  await must(['copy', 's3://bucket/again', at('back'), '-q'], { env });
  expect((await must(['export', 's3://bucket/again', '-q'], { env })).out).toBe(lines);
  expect((await must(['export', at('back'), '-q'])).out).toBe(lines);
  expect((await must(['info', 's3://bucket/again'], { env })).out).toContain('60');
  expect((await must(['floor', 's3://bucket/again', 'key10z'], { env })).out).toContain('key10\t');
  await must(['import', at('other'), '-q'], { stdin: 'cherry\tblack\n' });
  await must(['merge', 's3://bucket/again', at('other'), 's3://bucket/merged', '-q'], { env });
  expect((await must(['count', 's3://bucket/merged'], { env })).out).toBe('61\n');
  for (const name of ['many', 'again', 'merged']) await must(['delete', `s3://bucket/${name}`], { env });
  expect(server.keysIn()).toEqual([]);
});

it('writes and reads logs in a bucket, and sorts there', async () => {
  await must(['produce', 's3://bucket/log', '-q'], { env, stdin: 'one\ntwo\n' });
  expect((await must(['consume', 's3://bucket/log'], { env })).out).toContain('two');
  await must(['import', 's3://bucket/sorted', '--sort', '-q'], { env, stdin: 'b\t2\na\t1\n' });
  expect((await must(['scan', 's3://bucket/sorted'], { env })).out).toBe('a\t1\nb\t2\n');
  for (const name of ['log', 'sorted']) await must(['delete', `s3://bucket/${name}`], { env });
  expect(server.keysIn()).toEqual([]);
});

it('says how to write where a storage refuses conditions, and does so when told', async () => {
  server.conditions = 'refused';
  const stdin = 'a\tb\n';
  const refused = await cairn(['import', 's3://bucket/s', '-q'], { env, stdin });
  expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('CAIRN_S3_COMMIT=unsafe')]);
  expect(server.keysIn()).toEqual([]);
  const unsafe = { ...env, CAIRN_S3_COMMIT: 'unsafe' };
  await must(['import', 's3://bucket/s', '-q'], { env: unsafe, stdin });
  server.conditions = 'honoured';
  await must(['delete', 's3://bucket/s'], { env });
});

it('never shows a secret', async () => {
  for (const [name, value] of [
    ['AWS_SECRET_ACCESS_KEY', 'hidden'],
    ['AWS_SECRET_ACCESS_KEY', 'hidden\n'],
    ['AWS_SESSION_TOKEN', 'hidden'],
    ['AWS_SESSION_TOKEN', 'hid\nden'],
    ['AWS_ENDPOINT_URL_S3', 'http://user:hidden@127.0.0.1:1'],
  ]) {
    for (const command of [
      ['get', 's3://bucket/s', 'a'],
      ['import', 's3://bucket/s'],
      ['list', 's3://bucket'],
    ]) {
      const world = { env: { ...env, [name]: value, CAIRN_DEBUG: '1' }, stdin: 'a\tb\n' };
      const { code, out, err } = await cairn(command, world);
      expect([name, code > 0, out + err]).toEqual([name, true, expect.not.stringMatching(/hid/)]);
    }
  }
});

it('says what is missing in the environment', async () => {
  const { code, err } = await cairn(['get', 's3://bucket/fruit', 'apple']);
  expect([code, err]).toEqual([2, expect.stringContaining('AWS_ACCESS_KEY_ID')]);
});

it('a refused read says what the storage says, as a refused write does', async () => {
  await must(['import', 's3://bucket/fruit', '-q'], { env, stdin: 'apple\tred\n' });
  const elsewhere = { ...env, AWS_REGION: 'us-east-1' };
  const said = `the storage answered 400 AuthorizationHeaderMalformed (expecting ${server.region})`;
  for (const argv of [
    ['get', 's3://bucket/fruit', 'apple'],
    ['verify', 's3://bucket/fruit'],
    ['import', 's3://bucket/new', '-q'],
  ]) {
    expect(await cairn(argv, { env: elsewhere })).toMatchObject({
      code: 4,
      err: expect.stringContaining(said),
    });
  }
});

it('a public bucket is asked without credentials if a variable says so', async () => {
  const { AWS_REGION, AWS_ENDPOINT_URL_S3 } = env;
  const bare = { AWS_REGION, AWS_ENDPOINT_URL_S3 };
  const none = await cairn(['get', 's3://bucket/fruit', 'apple'], { env: bare });
  expect(none).toMatchObject({
    code: 2,
    err:
      'cairn: nothing says who asks the storage: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or ' +
      'CAIRN_S3_CREDENTIALS=anonymous for public buckets\n',
  });
  for (const more of [{}, { AWS_ACCESS_KEY_ID: 'AK', AWS_SECRET_ACCESS_KEY: 'SK' }]) {
    const asked = await cairn(['get', 's3://bucket/fruit', 'apple'], {
      env: { ...bare, ...more, CAIRN_S3_CREDENTIALS: 'anonymous' },
    });
    expect(asked).toMatchObject({ code: 4, err: expect.stringContaining('403 AccessDenied (anonymous)') });
  }
});

it('changes and reads collections in a bucket', async () => {
  const prices = 's3://bucket/prices';
  await must(['import', prices.replace('prices', 'fruit'), '-q'], { env, stdin: 'a\t1\n' });
  await must(['set', prices, 'apple', '1', '-q'], { env });
  await must(['apply', prices, '-q'], { env, stdin: '{"set":["pear","2"]}\n' });
  const lines = Array.from({ length: 2000 }, (_, i) => `k${i}\t${'x'.repeat(50)}\n`).join('');
  await must(['import', '--into', prices, '-q'], { env, stdin: lines });
  await must(['unset', prices, 'apple', '-q'], { env });
  expect((await must(['get', prices, 'pear', 'k7'], { env })).out).toBe(`2\n${'x'.repeat(50)}\n`);
  expect((await must(['count', prices], { env })).out).toBe('2001\n');
  expect((await must(['scan', prices, '--version', '2'], { env })).out).toBe('apple\t1\npear\t2\n');
  await must(['verify', prices, '-q'], { env });
  await must(['copy', prices, at('copy'), '-q'], { env });
  await must(['copy', at('copy'), 's3://bucket/back', '-q'], { env });
  expect((await must(['diff', prices, 's3://bucket/back'], { env })).out).toBe('');
  const { out } = await must(['list', 's3://bucket'], { env });
  expect(out).toMatch(/fruit +1 [\s\S]*\n\ncollection [\s\S]*back +1 [\s\S]*prices +4 /);
  await must(['compact', prices, '--full', '-q'], { env });
  await must(['revert', prices, '5', '-q'], { env });
  expect((await must(['sweep', 's3://bucket', '--older-than', '0', '--dry-run'], { env })).code).toBe(0);
  expect((await must(['count', prices], { env })).out).toBe('2001\n');
  for (const uri of [prices, 's3://bucket/back', 's3://bucket/fruit']) await must(['delete', uri], { env });
  expect(server.keysIn()).toEqual([]);
});
