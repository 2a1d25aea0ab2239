import { describe, expect, it } from 'vitest';
import { registerS3, type S3Options } from '../../../src/io/s3/index.ts';
import { s3Settings } from '../../../src/io/s3/s3-options.ts';
import { locate } from '../../../src/io/uri.ts';
import { failureNow } from '../../support/failures.ts';

const KEYS = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };

describe('settings', () => {
  it('come from the environment', () => {
    expect(s3Settings({ env: KEYS })).toEqual({
      endpoint: 'https://s3.us-east-1.amazonaws.com',
      region: 'us-east-1',
      credentials: { accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: undefined },
      forcePathStyle: undefined,
      conditional: true,
      partSize: 8 * 2 ** 20,
    });
    const env = {
      ...KEYS,
      AWS_SESSION_TOKEN: 'token',
      AWS_DEFAULT_REGION: 'b',
      AWS_REGION: 'a',
      AWS_ENDPOINT_URL: 'http://other',
      AWS_ENDPOINT_URL_S3: 'http://host:1/',
    };
    expect(s3Settings({ env })).toMatchObject({
      endpoint: 'http://host:1',
      region: 'a',
      credentials: { sessionToken: 'token' },
      forcePathStyle: true,
    });
    expect(s3Settings({ env: { ...env, AWS_REGION: '', AWS_ENDPOINT_URL_S3: undefined } })).toMatchObject({
      endpoint: 'http://other',
      region: 'b',
    });
  });

  it('that are given come before it', () => {
    const credentials = { accessKeyId: 'x', secretAccessKey: 'y' };
    const env = { ...KEYS, AWS_REGION: 'a', AWS_ENDPOINT_URL: 'http://other' };
    const options: S3Options = {
      env,
      credentials,
      region: 'c',
      endpoint: new URL('https://d/e/'),
      forcePathStyle: false,
    };
    expect(s3Settings({ ...options, commit: 'unsafe', partSize: 6e6 })).toEqual({
      endpoint: 'https://d/e',
      region: 'c',
      credentials,
      forcePathStyle: false,
      conditional: false,
      partSize: 6e6,
    });
  });

  it('never show a secret in a message, and refuse those that no header takes', () => {
    const right = { accessKeyId: 'id', secretAccessKey: 'hidden' };
    for (const [options, argument] of [
      [{ endpoint: 'http://user:hidden@x' }, 'endpoint'],
      [{ endpoint: 'http://:hidden@x' }, 'endpoint'],
      [{ credentials: { ...right, secretAccessKey: 'hidden\n' } }, 'credentials'],
      [{ credentials: { ...right, accessKeyId: 'hid\nden' } }, 'credentials'],
      [{ credentials: { ...right, sessionToken: 'hidden\u20ac' } }, 'credentials'],
      [{ credentials: { ...right, sessionToken: 5 } }, 'credentials'],
      [{ credentials: { ...right, expiration: '2026-01-01T00:00:00Z' } }, 'credentials'],
      [{ credentials: { ...right, expiration: new Date('x') } }, 'credentials'],
    ] as const) {
      const error = failureNow(() => registerS3(options as unknown as S3Options), 'INVALID_ARGUMENT');
      expect(error.argument).toBe(argument);
      expect(error.message).not.toMatch(/hid/);
    }
    for (const env of [
      { ...KEYS, AWS_SESSION_TOKEN: 'hidden\nmore' },
      { ...KEYS, AWS_SECRET_ACCESS_KEY: ' hidden' },
      { ...KEYS, AWS_ENDPOINT_URL: 'https://me:hidden@host' },
    ]) {
      expect(failureNow(() => s3Settings({ env }), 'INVALID_ARGUMENT').message).not.toMatch(/hidden/);
    }
  });

  it('take the commit from the environment, too', () => {
    expect(s3Settings({ env: { ...KEYS, CAIRN_S3_COMMIT: 'unsafe' } }).conditional).toBe(false);
    expect(
      s3Settings({ env: { ...KEYS, CAIRN_S3_COMMIT: 'unsafe' }, commit: 'conditional' }).conditional,
    ).toBe(true);
    failureNow(() => s3Settings({ env: { ...KEYS, CAIRN_S3_COMMIT: 'yes' } }), 'INVALID_ARGUMENT');
  });

  it('says that the bucket is public by a variable, unless an option has credentials', () => {
    const env = { ...KEYS, CAIRN_S3_CREDENTIALS: 'anonymous' };
    expect(s3Settings({ env }).credentials).toBe('anonymous');
    const own = { accessKeyId: 'A', secretAccessKey: 'S' };
    expect(s3Settings({ env, credentials: own }).credentials).toBe(own);
    expect(s3Settings({ env: { ...KEYS, CAIRN_S3_CREDENTIALS: '' } }).credentials).toMatchObject({
      accessKeyId: 'id',
    });
    failureNow(() => s3Settings({ env: { ...KEYS, CAIRN_S3_CREDENTIALS: 'yes' } }), 'INVALID_ARGUMENT');
    failureNow(() => s3Settings({ env: { ...KEYS, AWS_REGION: 'eu west' } }), 'INVALID_ARGUMENT');
  });

  it('must say who asks, and be what they can be', () => {
    expect(failureNow(() => s3Settings({ env: {} }), 'INVALID_ARGUMENT').argument).toBe('credentials');
    failureNow(() => s3Settings({ env: { ...KEYS, AWS_ENDPOINT_URL: 'host' } }), 'INVALID_ARGUMENT');
    for (const [argument, value] of [
      ['endpoint', 'ftp://x'],
      ['endpoint', 'http://user@x'],
      ['endpoint', 'http://x/?a=b'],
      ['commit', 'perhaps'],
      ['partSize', 5 * 2 ** 20 - 1],
      ['partSize', 1e9],
      ['partSize', 6e6 + 0.5],
      ['forcePathStyle', 1],
      ['region', 5],
      ['region', 'x/y'],
      ['fetch', 'x'],
      ['env', 'x'],
      ['env', null],
      ['fetch', null],
      ['partSize', '8388608'],
      ['credentials', {}],
      ['credentials', 'me'],
      ['endPoint', 'http://x'],
    ] as [string, unknown][]) {
      const error = failureNow(() => registerS3({ [argument]: value } as S3Options), 'INVALID_ARGUMENT');
      expect(error.argument, String(value)).toBe(argument);
    }
    failureNow(() => registerS3(null as unknown as S3Options), 'INVALID_ARGUMENT');
    // As for every function with options: the options that there are.
    const { message } = failureNow(() => registerS3({ endPoint: 'x' } as S3Options), 'INVALID_ARGUMENT');
    expect(message).toContain('there is no option "endPoint"; there are endpoint, region');
    const { partSize } = s3Settings({
      credentials: 'anonymous',
      partSize: undefined,
      fetch: undefined,
      region: undefined,
    });
    expect(partSize).toBe(8 * 2 ** 20);
  });
});

describe('`s3:` URIs', () => {
  it('name a bucket and a key, taken as they stand', () => {
    registerS3();
    for (const [uri, path] of [
      ['s3://bucket', 'bucket'],
      ['s3://bucket/', 'bucket'],
      ['s3://bucket/a/b', 'bucket/a/b'],
      ['S3://bucket//a///b/', 'bucket/a/b'],
      ['s3://my.buck-et_1/50%/a b?c#d', 'my.buck-et_1/50%/a b?c#d'],
      ['s3://bucket/...', 'bucket/...'],
    ]) {
      const located = locate(uri);
      expect(located.path).toBe(path);
      expect(located.uri).toBe(`s3://${path}`);
      expect(locate(located.uri).path).toBe(path);
    }
  });

  it.each([
    's3:',
    's3://',
    's3:bucket/a',
    's3:/bucket/a',
    's3://b',
    's3:///a',
    's3://-x/a',
    's3://a:b/c',
    's3://bucket/a/../b',
    's3://bucket/./b',
    's3://bucket/\ud800',
  ])('are refused: %j', (uri) => {
    expect(failureNow(() => locate(uri), 'INVALID_ARGUMENT').argument).toBe('uri');
  });
});
