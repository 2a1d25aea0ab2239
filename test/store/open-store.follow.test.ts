import { rmSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { createStore } from '../../src/node/index.ts';
import { startFake } from '../support/azure-fake.ts';
import { FollowingService } from '../support/following-service.ts';
import { HttpServer } from '../support/http-server.ts';
import { startServer } from '../support/s3-place.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const KEYS = Array.from({ length: 40 }, (_, i) => `k${String(i).padStart(2, '0')}`);
const REPLACEMENTS = 100;
/** Look-ups that are always under way. */
const CLIENTS = 8;

const base = temporaryDirectory();
const servers: { close?(): Promise<void>; stop?(): Promise<void> }[] = [];
afterAll(async () => {
  for (const server of servers) await (server.close?.() ?? server.stop?.());
  rmSync(base, { recursive: true, force: true });
});

/** Each value says which version it is of. */
async function publish(uri: string, version: number): Promise<void> {
  const writer = await createStore(uri, {
    valueEncoding: 'utf8',
    partitionBytes: 2048,
    blockBytes: 512,
    replace: true,
  });
  for (const key of KEYS) await writer.put(key, `${key} ${version}`.padEnd(100, '.'));
  await writer.close();
}

const PLACES: readonly [name: string, start: () => Promise<{ write: string; read: string }>][] = [
  ['memory:', async () => ({ write: 'memory:followed/s', read: 'memory:followed/s' })],
  ['file:', async () => ({ write: `${base}/s`, read: `${base}/s` })],
  [
    'http:',
    async () => {
      const server = await HttpServer.start(base);
      servers.push(server);
      return { write: `${base}/served`, read: `${server.origin}/served` };
    },
  ],
  [
    's3:',
    async () => {
      servers.push(await startServer());
      return { write: 's3://bucket/followed', read: 's3://bucket/followed' };
    },
  ],
  [
    'az:',
    async () => {
      servers.push(await startFake());
      return { write: 'az://container/followed', read: 'az://container/followed' };
    },
  ],
];

it.each(PLACES)(
  'a service follows a store on %s through a hundred replacements, without a wrong or failed answer',
  async (_, start) => {
    const { write, read } = await start();
    let published = 0;
    await publish(write, published);
    const service = await FollowingService.start(read);
    let done = false;
    let answers = 0;
    const versions = new Set<number>();
    const client = async (first: number): Promise<void> => {
      for (let i = first; !done; i += CLIENTS) {
        const key = KEYS[i % KEYS.length];
        const value = await service.get(key);
        const [found, version] = /^(k\d\d) (\d+)\.*$/.exec(value ?? '')?.slice(1) ?? [];
        if (found !== key || !(Number(version) <= published + 1)) throw new Error(`${key} has ${value}`);
        versions.add(Number(version));
        answers++;
        // The writers of the storages in this process need their turns.
        await new Promise(setImmediate);
      }
    };
    const clients = Array.from({ length: CLIENTS }, (_, i) => client(i));
    try {
      for (let version = 1; version <= REPLACEMENTS; version++) {
        await publish(write, version);
        published = version;
        if (version % 5 === 0) await service.follow();
        // Where nothing waits for a storage, the clients would have no turn.
        await new Promise(setImmediate);
      }
    } finally {
      done = true;
    }
    await Promise.all(clients);
    expect(answers).toBeGreaterThan(REPLACEMENTS);
    expect(versions.size).toBeGreaterThan(REPLACEMENTS / 10);
    await service.follow();
    for (const key of KEYS) expect(await service.get(key)).toBe(`${key} ${REPLACEMENTS}`.padEnd(100, '.'));
    await service.close();
  },
);
