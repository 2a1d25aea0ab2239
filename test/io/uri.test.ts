import { describe, expect, it } from 'vitest';
import { locate } from '../../src/io/uri.ts';
import { createStore, openStore } from '../../src/node/index.ts';
import { failure, failureNow } from '../support/failures.ts';

describe('`locate()`', () => {
  it('refuses what is no URI, naming the argument', () => {
    for (const wrong of ['', '\0', 'a\0b', null, undefined, 7, {}, []] as unknown as string[]) {
      expect(failureNow(() => locate(wrong), 'INVALID_ARGUMENT').argument).toBe('uri');
      expect(failureNow(() => locate(wrong, 'from'), 'INVALID_ARGUMENT').argument).toBe('from');
    }
  });

  it('refuses a scheme that nobody registered, and names those that somebody did', () => {
    const error = failureNow(() => locate('gopher://example.org/store'), 'UNSUPPORTED');
    expect(error.message).toContain('gopher');
    expect(error.message).toContain('memory:');
    expect(failureNow(() => locate('s3://bucket/store'), 'UNSUPPORTED').message).toContain("'cairnkv/s3'");
    expect(failureNow(() => locate('az://container/store'), 'UNSUPPORTED').message).toContain(
      "'cairnkv/azure'",
    );
  });

  it('takes schemes in any case, and URL objects', () => {
    expect(locate('MEMORY:a').path).toBe(locate('memory:a').path);
    expect(locate(new URL('memory:a/b')).path).toBe('a/b');
    expect(locate('memory:a').uri).toBe('memory:a');
  });

  it('refuses memory paths that name nothing, or climb', () => {
    for (const wrong of ['memory:', 'memory:/', 'memory://', 'memory:..', 'memory:a/../b', 'memory:./a']) {
      failureNow(() => locate(wrong), 'INVALID_ARGUMENT');
    }
    expect(locate('memory://a//b/').path).toBe('a/b');
  });
});

it('stores in memory are shared within the process, by name', async () => {
  await createStore('memory:shared/by/name').put('a', 1).close();
  expect(await openStore(new URL('memory:shared/by/name')).get('a')).toBe(1);
  expect(await openStore('memory:/shared//by/name/').get('a')).toBe(1);
  await failure(openStore('memory:shared/by'), 'NOT_A_STORE');
  await failure(openStore('memory:shared/by/Name'), 'NOT_FOUND');
});
