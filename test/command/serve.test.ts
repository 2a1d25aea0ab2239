import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { beforeAll, describe, expect, it } from 'vitest';
import { openNamespaces } from '../../src/node/namespace.ts';
import { buildCommand, COMMAND } from '../support/built-command.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';

const at = directoryPerTest();

beforeAll(buildCommand, 120_000);

/** A `cairn serve` of its own process. */
async function serve(
  root: string,
): Promise<{ readonly url: string; readonly child: ReturnType<typeof spawn> }> {
  const child = spawn(process.execPath, [COMMAND, 'serve', root, '--port', '0', '--json', '-q'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { url: (JSON.parse(line.toString()) as { url: string }).url, child };
}

/** Puts numbers under keys of its own until the server is gone, and returns which were answered. */
async function putUntilGone(url: string, client: number, answered: Map<string, number>): Promise<void> {
  for (let i = 1; ; i++) {
    const key = `key-${client}-${i % 7}`;
    try {
      const { ok } = await fetch(`${url}/api/v1/namespaces/load/kv/${key}`, { method: 'PUT', body: `${i}` });
      if (ok) answered.set(key, i);
    } catch {
      return;
    }
  }
}

describe('cairn serve, as a process', () => {
  it('has every PUT that it has answered, when it was killed among them', async () => {
    for (let round = 0; round < 3; round++) {
      const { url, child } = await serve(at('.'));
      const answered = new Map<string, number>();
      const clients = [1, 2, 3, 4, 5, 6, 7, 8].map((client) => putUntilGone(url, client, answered));
      while (answered.size < 40) await new Promise((resolve) => setImmediate(resolve));
      child.kill('SIGKILL');
      await Promise.all(clients);
      const namespaces = await openNamespaces(at('.'), { readOnly: true });
      const load = namespaces.namespace('load');
      for (const [key, last] of answered) {
        const found = (await load.get(key)) as number;
        // The one after the last answered may be there, too; all of its clients write ever greater numbers.
        if (!(found >= last)) throw new Error(`${key}: answered ${last}, found ${found}`);
      }
      await namespaces.close();
    }
  });

  it('answers what was begun when it is told to end, and ends by itself', async () => {
    const { url, child } = await serve(at('.'));
    const ended = once(child, 'close');
    const puts = Array.from({ length: 50 }, (_, i) =>
      fetch(`${url}/api/v1/namespaces/load/kv/key-${i}`, { method: 'PUT', body: `${i}` }).then(
        ({ status }) => status,
      ),
    );
    // The first answer says that connections are made; those that the server has not accepted yet are refused.
    await Promise.any(puts);
    child.kill('SIGTERM');
    const outcomes = await Promise.allSettled(puts);
    expect(await ended).toEqual([0, null]);
    const answered = outcomes.flatMap((one, i) =>
      one.status === 'fulfilled' ? [[i, one.value] as const] : [],
    );
    expect(answered.every(([, status]) => status === 200)).toBe(true);
    const namespaces = await openNamespaces(at('.'), { readOnly: true });
    for (const [i] of answered) expect(await namespaces.namespace('load').get(`key-${i}`)).toBe(i);
    await namespaces.close();
  });

  it('ends at once on a second signal', async () => {
    const { child } = await serve(at('.'));
    const ended = once(child, 'close');
    child.kill('SIGINT');
    child.kill('SIGINT');
    const [code, signal] = (await ended) as [number | null, string | null];
    expect([0, null]).toContain(code);
    expect([null, 'SIGINT']).toContain(signal);
  });
});
