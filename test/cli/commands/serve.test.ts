import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { cairn, must } from '../../support/run-cairn.ts';

const at = directoryPerTest();

/** Standard output whose lines a test can wait for. */
function lines(): { readonly stdout: Writable; next(): Promise<string> } {
  const ready: string[] = [];
  const waiting: ((line: string) => void)[] = [];
  let rest = '';
  const stdout = new Writable({
    write(piece: Buffer, _encoding, done) {
      const parts = (rest + piece.toString()).split('\n');
      rest = parts.pop() as string;
      for (const line of parts) {
        const take = waiting.shift();
        if (take === undefined) ready.push(line);
        else take(line);
      }
      done();
    },
  });
  return {
    stdout,
    next: () => {
      const line = ready.shift();
      return line === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(line);
    },
  };
}

describe('cairn serve', () => {
  it('serves until it is told to end, and says where', async () => {
    await must(['import', at('fruit'), '-q'], { stdin: 'apple\tred\n' });
    const stop = new AbortController();
    const { stdout, next } = lines();
    const running = cairn(['serve', at('.'), '--port', '0', '--json', '--access-log'], {
      stdout,
      signal: stop.signal,
    });
    const { url } = JSON.parse(await next()) as { url: string };
    const answer = await fetch(`${url}/api/v1/stores/fruit/entries/apple`);
    expect(await answer.json()).toEqual({ key: 'apple', value: 'red' });
    expect(JSON.parse(await next())).toMatchObject({
      method: 'GET',
      url: '/api/v1/stores/fruit/entries/apple',
      status: 200,
    });
    stop.abort();
    const { code, err } = await running;
    expect(code).toBe(0);
    expect(err).toContain(`serving ${at('.')} at ${url}\n`);
  });

  it('takes the token from the environment', async () => {
    const stop = new AbortController();
    const { stdout, next } = lines();
    const running = cairn(['serve', at('.'), '--port', '0', '--json', '-q'], {
      stdout,
      signal: stop.signal,
      env: { CAIRN_TOKEN: 'secret' },
    });
    const { url } = JSON.parse(await next()) as { url: string };
    expect((await fetch(`${url}/api/v1/stores`)).status).toBe(401);
    expect(
      (await fetch(`${url}/api/v1/stores`, { headers: { authorization: 'Bearer secret' } })).status,
    ).toBe(200);
    stop.abort();
    expect(await running).toMatchObject({ code: 0, err: '' });
  });

  it.each([
    [['--port', '70000'], 2, 'port must be an integer from 0 to 65535'],
    [['--port', 'x'], 2, '--port'],
    [['--host', '0.0.0.0'], 2, 'set a token (--token), or --insecure'],
    [['--host', 'no such host'], 2, 'set a token'],
    [['--token', ''], 2, 'the token is empty'],
    [['--token', 'two words'], 2, '--token must be'],
    [['--allow-host', 'a:80'], 2, '--allow-host'],
    [['more'], 2, 'too many arguments'],
  ])('refuses %j', async (flags, code, message) => {
    const outcome = await cairn(['serve', at('.'), ...flags]);
    expect([outcome.code, outcome.out]).toEqual([code, '']);
    expect(outcome.err).toMatch(/^cairn: [^\n]+\n$/);
    expect(outcome.err).toContain(message);
  });

  it('says that there is no root', async () => {
    expect(await cairn(['serve', at('nothing')])).toMatchObject({
      code: 5,
      err: `cairn: there is no directory at ${at('nothing')}\n`,
    });
  });
});
