import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { COMMIT_NAME } from '../../../src/io/objects/commit-name.ts';
import {
  createStore,
  mergeStore,
  openStore,
  renameStore,
  sweepStores,
  verifyStore,
} from '../../../src/node/index.ts';
import { MANIFEST_NAME } from '../../../src/store/manifest/manifest.ts';
import { type CommitPlace, commitCases, raceWriters } from '../../support/commit-cases.ts';
import { failure } from '../../support/failures.ts';
import { locateComplete } from '../../support/locate-complete.ts';
import { QuickHost } from '../../support/quick-host.ts';
import { registerServer } from '../../support/s3-place.ts';
import { type Asked, type Fault, S3Server } from '../../support/s3-server.ts';
import { readFile, tree } from '../../support/storage-tools.ts';
import {
  fill,
  fillSized,
  numbered,
  pairsOf,
  readAll,
  SMALL_PARTITIONS,
  TEXT,
  utf8,
} from '../../support/stores.ts';

const ROOT = 's3://bucket/root';

let server: S3Server;

beforeAll(async () => {
  server = await S3Server.start();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.fault = undefined;
  server.onRequest = undefined;
  server.conditions = 'honoured';
  server.conflicts = false;
  server.etags = 'quoted';
  server.buckets.set('bucket', new Map());
  server.uploads.clear();
  server.log.length = 0;
  registerServer(server, {}, new QuickHost());
});

const isCommit = ({ method, key }: Asked): boolean => method === 'PUT' && key.endsWith('/MANIFEST.json');

/** The first requests that fit get these faults, one after the other. */
function inOrder(fits: (asked: Asked) => boolean, ...faults: Fault[]): void {
  server.fault = (asked) => (fits(asked) ? faults.shift() : undefined);
}

/** Does something just before the first request that fits. */
function justBefore(fits: (asked: Asked) => boolean, act: () => Promise<unknown>): () => boolean {
  let done = false;
  server.onRequest = async (asked) => {
    if (done || !fits(asked)) return;
    done = true;
    await act();
  };
  return () => done;
}

describe('a commit', () => {
  const place: CommitPlace = {
    root: ROOT,
    names: () => server.keysIn(),
    faults: (...faults) => inOrder(isCommit, ...faults),
    unanswered: (still) => {
      server.fault = still ? (asked) => (isCommit(asked) ? 'drop' : undefined) : undefined;
    },
  };

  it.each([
    ['in one moment', false],
    ['and are told to come again', true],
  ])('of 16 writers that race %s is done by one, and the others leave nothing', async (_, conflicts) => {
    server.conflicts = conflicts;
    await raceWriters(place);
  });

  commitCases(place, {
    busy: [
      { status: 503, code: 'SlowDown' },
      { status: 504, code: 'GatewayTimeout' },
      { status: 409, code: 'ConditionalRequestConflict' },
    ],
    refusal: { status: 403, code: 'AccessDenied' },
  });

  it('whose answer is lost is found out to be another`s', async () => {
    const writer = await createStore(`${ROOT}/s`, { ...TEXT, ...SMALL_PARTITIONS });
    await writer.putAll(pairsOf('three partitions', 'late'));
    await fillSized(`${ROOT}/s`, 'two pairs');
    inOrder(isCommit, 'lose');
    await failure(writer.close(), 'ALREADY_EXISTS');
    expect(await readAll(`${ROOT}/s`)).toEqual(pairsOf('two pairs'));
    expect(server.keysIn().length).toBe(2);
  });

  it('that is done though every answer is lost, and every look at it fails, is found by reading', async () => {
    let looks = 0;
    server.fault = (asked) => {
      if (isCommit(asked)) return 'lose';
      const looking = asked.headers.range === 'bytes=0-0' && asked.key.endsWith('MANIFEST.json');
      return looking && ++looks < 1000 ? 'drop' : undefined;
    };
    expect((await fillSized(`${ROOT}/s`, 'two pairs')).count).toBe(2);
    expect(looks).toBeGreaterThan(0);
    expect(await readAll(`${ROOT}/s`)).toEqual(pairsOf('two pairs'));
  });

  it('is done or not, wherever a writer is killed: the store is whole or absent, and can be written again', async () => {
    for (let at = 1, done = false; !done; at++) {
      server.fault = undefined;
      server.buckets.set('bucket', new Map());
      // The probe belongs to it.
      registerServer(server, {}, new QuickHost());
      let count = 0;
      server.fault = () => (++count >= at ? { status: 403, code: 'Killed' } : undefined);
      const outcome = await fillSized(`${ROOT}/s`, 'three partitions').catch((error: unknown) => error);
      server.fault = undefined;
      done = !(outcome instanceof Error);
      if (!done) {
        await failure(openStore(`${ROOT}/s`), 'NOT_FOUND', 'INCOMPLETE');
        await fillSized(`${ROOT}/s`, 'three partitions');
        await sweepStores(ROOT, { olderThanMs: 0 });
      }
      expect(await readAll(`${ROOT}/s`)).toEqual(pairsOf('three partitions'));
      expect(server.keysIn().length).toBe(4);
    }
  });

  it('that is refused leaves nothing', async () => {
    inOrder(isCommit, { status: 403, code: 'AccessDenied' });
    const error = await failure(fillSized(`${ROOT}/s`, 'three partitions'), 'IO');
    expect(error.message).toMatch(/403 AccessDenied.*credentials/);
    expect(server.keysIn()).toEqual([]);
  });
});

describe('the probe of a bucket', () => {
  it.each([
    ['ignores conditions', 'ignored'],
    ['refuses conditions', 'refused'],
  ] as const)('that %s makes it UNSUPPORTED for writers, with nothing left there', async (_, conditions) => {
    server.conditions = conditions;
    const error = await failure(createStore(`${ROOT}/s`), 'UNSUPPORTED');
    expect(error.message).toContain("commit: 'unsafe'");
    expect(server.keysIn()).toEqual([]);
    registerServer(server, { commit: 'unsafe' }, new QuickHost());
    await fillSized(`${ROOT}/s`, 'three partitions');
    await fillSized(`${ROOT}/t`, 'two pairs', 'x');
    await failure(fillSized(`${ROOT}/s`, 'two pairs'), 'ALREADY_EXISTS');
    await mergeStore(`${ROOT}/t`, `${ROOT}/s`);
    await renameStore(`${ROOT}/s`, `${ROOT}/u`);
    expect((await readAll(`${ROOT}/u`)).length).toBe(11);
    registerServer(server, {}, new QuickHost());
    await failure(mergeStore(`${ROOT}/u`, `${ROOT}/u2`), 'NOT_FOUND');
    await failure(renameStore(`${ROOT}/u`, `${ROOT}/v`), 'UNSUPPORTED');
    expect((await readAll(`${ROOT}/u`)).length).toBe(11);
  });

  it('is made once, also for writers that come together, and leaves nothing', async () => {
    await Promise.all([1, 2, 3].map((i) => fill(`${ROOT}/${i}`, [])));
    await fill(`${ROOT}/4`, []);
    expect(server.log.filter((line) => line.startsWith('PUT') && line.endsWith('.tmp')).length).toBe(2);
    expect(server.keysIn()).toEqual([1, 2, 3, 4].map((i) => `root/${i}/MANIFEST.json`));
  });

  it('is made again when answers leave in doubt what it was about', async () => {
    const isProbe = ({ method, key }: Asked): boolean => method === 'PUT' && key.endsWith('.tmp');
    inOrder(isProbe, 'lose');
    await fill(`${ROOT}/s`, []);
    registerServer(server, {}, new QuickHost());
    server.fault = (asked) => (isProbe(asked) ? 'drop' : undefined);
    await failure(createStore(`${ROOT}/t`), 'IO');
    server.fault = undefined;
    await fill(`${ROOT}/t`, []);
    // The first probe's object was made, but nobody knew: sweep finds it as an orphan file.
    await sweepStores(ROOT, { olderThanMs: 0 });
    expect(server.keysIn()).toEqual(['root/s/MANIFEST.json', 'root/t/MANIFEST.json']);
  });

  it('says so when there is no bucket', async () => {
    const error = await failure(createStore('s3://nowhere/s'), 'NOT_FOUND');
    expect(error.message).toContain('bucket');
    await failure(openStore('s3://nowhere/s'), 'NOT_FOUND');
  });
});

describe('a replacement', () => {
  const file = `${ROOT}/f`;
  const text = async (): Promise<string> => new TextDecoder().decode(await readFile(file));

  it.each(['quoted', 'bare'] as const)('is of what was looked at, ETags %s', async (etags) => {
    server.etags = etags;
    const { storage, path } = locateComplete(file);
    await storage.replace(path, utf8('one'));
    const seen: string[] = [];
    await storage.replace(path, utf8('two'), (current) => void seen.push(new TextDecoder().decode(current)));
    expect([seen, await text()]).toEqual([['one'], 'two']);
    const refusal = new Error('not that one');
    const refused = storage.replace(path, utf8('three'), () => {
      throw refusal;
    });
    await expect(refused).rejects.toBe(refusal);
    justBefore(
      ({ method, headers }) => method === 'PUT' && headers['if-match'] !== undefined,
      async () => storage.replace(path, utf8('another')),
    );
    await failure(
      storage.replace(path, utf8('three'), () => undefined),
      'CONFLICT',
    );
    expect(await text()).toBe('another');
    await storage.remove(path);
    await failure(
      storage.replace(path, utf8('four'), () => undefined),
      'NOT_FOUND',
    );
  });

  it.each<Fault>([
    'lose',
    'drop',
    { status: 409, code: 'ConditionalRequestConflict' },
    { status: 500, code: 'InternalError' },
  ])('is done though an answer is %s', async (fault) => {
    const { storage, path } = locateComplete(file);
    await storage.replace(path, utf8('one'));
    inOrder(({ method }) => method === 'PUT', fault);
    await storage.replace(path, utf8('two'), () => undefined);
    expect(await text()).toBe('two');
  });
});

describe('merges and renames', () => {
  it('know the file that makes a store', () => {
    expect(COMMIT_NAME).toBe(MANIFEST_NAME);
  });

  it('two merges into one store lose no entry', async () => {
    for (const name of ['a', 'b', 'c'])
      await fill(`${ROOT}/${name}`, numbered(5, name, 300), SMALL_PARTITIONS);
    const acted = justBefore(
      ({ key, headers }) => key.endsWith('a/MANIFEST.json') && headers['if-match'] !== undefined,
      () => mergeStore(`${ROOT}/c`, `${ROOT}/a`),
    );
    await failure(mergeStore(`${ROOT}/b`, `${ROOT}/a`), 'CONFLICT');
    expect(acted()).toBe(true);
    expect(await readAll(`${ROOT}/a`)).toEqual([...numbered(5, 'a', 300), ...numbered(5, 'c', 300)]);
    await mergeStore(`${ROOT}/b`, `${ROOT}/a`);
    expect((await readAll(`${ROOT}/a`)).length).toBe(15);
    expect(await verifyStore(`${ROOT}/a`)).toMatchObject({ ok: true });
    expect((await tree(ROOT)).filter((name) => name.endsWith('.cairn')).length).toBe(6);
  });

  it('a merge that is cut short at any request loses no entry', async () => {
    const both = [...numbered(5, 'a', 300), ...numbered(5, 'b', 300)];
    for (let at = 1, done = false; !done; at++) {
      server.fault = undefined;
      server.buckets.set('bucket', new Map());
      for (const name of ['a', 'b']) await fill(`${ROOT}/${name}`, numbered(5, name, 300), SMALL_PARTITIONS);
      let count = 0;
      server.fault = () => (++count >= at ? { status: 403, code: 'Killed' } : undefined);
      const outcome = await mergeStore(`${ROOT}/b`, `${ROOT}/a`).catch((error: unknown) => error);
      server.fault = undefined;
      done = !(outcome instanceof Error);
      const target = await readAll(`${ROOT}/a`);
      const source = await readAll(`${ROOT}/b`).catch(() => []);
      expect(new Map([...target, ...source]), `request ${at}`).toEqual(new Map(both));
      expect([5, 10]).toContain(target.length);
    }
  });

  it('a rename whose target is taken in the last moment leaves its source as it was', async () => {
    await fillSized(`${ROOT}/s`, 'three partitions');
    justBefore(
      ({ method, key }) => method === 'PUT' && key === 'root/t/MANIFEST.json',
      () => fillSized(`${ROOT}/t`, 'two pairs'),
    );
    await failure(renameStore(`${ROOT}/s`, `${ROOT}/t`), 'ALREADY_EXISTS');
    expect(await readAll(`${ROOT}/s`)).toEqual(pairsOf('three partitions'));
    expect(await readAll(`${ROOT}/t`)).toEqual(pairsOf('two pairs'));
    expect(server.keysIn().length).toBe(6);
  });

  it('a rename whose source is merged into meanwhile is a CONFLICT, and loses nothing', async () => {
    await fillSized(`${ROOT}/s`, 'two pairs');
    await fillSized(`${ROOT}/more`, 'two pairs', 'more');
    justBefore(
      ({ method, headers }) => method === 'PUT' && headers['x-amz-copy-source'] !== undefined,
      () => mergeStore(`${ROOT}/more`, `${ROOT}/s`),
    );
    await failure(renameStore(`${ROOT}/s`, `${ROOT}/t`), 'CONFLICT');
    expect((await readAll(`${ROOT}/s`)).length).toBe(4);
    expect(await tree(`${ROOT}/t`)).toEqual([]);
  });

  it('a rename that is cut short at any request leaves the store at one place, or at both', async () => {
    for (let at = 1; ; at++) {
      server.fault = undefined;
      server.buckets.set('bucket', new Map());
      await fillSized(`${ROOT}/s`, 'three partitions');
      let count = 0;
      server.fault = () => (++count >= at ? { status: 403, code: 'AccessDenied' } : undefined);
      const outcome = await renameStore(`${ROOT}/s`, `${ROOT}/t`).catch((error: unknown) => error);
      server.fault = undefined;
      const found = await Promise.all(
        ['s', 't'].map((name) => readAll(`${ROOT}/${name}`).catch((error: { code: string }) => error.code)),
      );
      const whole = found.filter((pairs) => Array.isArray(pairs));
      expect(whole.length, `request ${at}`).toBeGreaterThan(0);
      for (const pairs of whole) expect(pairs).toEqual(pairsOf('three partitions'));
      if (outcome === undefined) break;
      expect(outcome).toMatchObject({ code: 'IO' });
    }
  });

  it('a rename whose answers are lost is done', async () => {
    await fillSized(`${ROOT}/s`, 'three partitions');
    let number = 0;
    server.fault = () => (++number % 3 === 0 ? 'lose' : undefined);
    await renameStore(`${ROOT}/s`, `${ROOT}/t`);
    server.fault = undefined;
    expect(await readAll(`${ROOT}/t`)).toEqual(pairsOf('three partitions'));
    expect(server.keysIn().filter((key) => !key.startsWith('root/t/'))).toEqual([]);
  });
});
