import { beforeEach, describe, expect, it } from 'vitest';
import {
  createStore,
  mergeStore,
  openStore,
  renameStore,
  sweepStores,
  verifyStore,
} from '../../../src/node/index.ts';
import { type Asked, AzureFake, type Fault, registerFake } from '../../support/azure-fake.ts';
import { type CommitPlace, commitCases, raceWriters } from '../../support/commit-cases.ts';
import { failure } from '../../support/failures.ts';
import { locateComplete, type MovingStorage } from '../../support/locate-complete.ts';
import { QuickHost } from '../../support/quick-host.ts';
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

const ROOT = 'az://container/root';
const REFUSED = { status: 403, code: 'AuthorizationFailure' };
const ERROR = { status: 500, code: 'InternalError' };

let fake: AzureFake;
let host: QuickHost;

beforeEach(start);

function start(): void {
  fake = new AzureFake();
  host = new QuickHost();
  registerFake(fake, {}, host);
}

const storage = (): MovingStorage => locateComplete(ROOT).storage;
const isCommit = ({ method, blob }: Asked): boolean => method === 'PUT' && blob.endsWith('/MANIFEST.json');
const isCopy = ({ method, headers }: Asked): boolean => method === 'PUT' && headers.has('x-ms-copy-source');

/** The first requests that fit get these faults, one after the other. */
function inOrder(fits: (asked: Asked) => boolean, ...faults: Fault[]): void {
  fake.fault = (asked) => (fits(asked) ? faults.shift() : undefined);
}

/** Does something just before the first request that fits. */
function justBefore(fits: (asked: Asked) => boolean, act: () => Promise<unknown>): () => boolean {
  let done = false;
  fake.onRequest = async (asked) => {
    if (done || !fits(asked)) return;
    done = true;
    await act();
  };
  return () => done;
}

/** Runs something again and again, refused from its first request on, from its second one, and so on until it isn't. */
async function cutShort(
  prepare: () => Promise<unknown>,
  act: () => Promise<unknown>,
  check: (outcome: unknown, at: number) => Promise<void>,
): Promise<void> {
  for (let at = 1, done = false; !done; at++) {
    start();
    await prepare();
    let count = 0;
    fake.fault = () => (++count >= at ? REFUSED : undefined);
    const outcome = await act().catch((error: unknown) => error);
    fake.fault = undefined;
    done = !(outcome instanceof Error);
    await check(outcome, at);
  }
}

describe('a commit', () => {
  const place: CommitPlace = {
    root: ROOT,
    names: () => fake.names(),
    faults: (...faults) => inOrder(isCommit, ...faults),
    unanswered: (still) => {
      fake.fault = still ? (asked) => (isCommit(asked) ? 'drop' : undefined) : undefined;
    },
  };

  it('of 16 writers that race is done by one, and the others leave nothing', () => raceWriters(place));

  commitCases(place, {
    busy: [
      { status: 503, code: 'ServerBusy' },
      { status: 500, code: 'OperationTimedOut' },
    ],
    refusal: REFUSED,
  });

  it.each<[string, Fault]>([
    ['lost', 'lose'],
    ['409', { status: 409, code: 'BlobAlreadyExists' }],
    ['412', { status: 412, code: 'ConditionNotMet' }],
    ['409, since it is leased', { status: 409, code: 'LeaseIdMissing' }],
    ['412, since it is leased', { status: 412, code: 'LeaseIdMissing' }],
  ])('whose answer is %s is found out to be another`s', async (_, fault) => {
    const writer = await createStore(`${ROOT}/s`, { ...TEXT, ...SMALL_PARTITIONS });
    await writer.putAll(pairsOf('three partitions', 'late'));
    await fillSized(`${ROOT}/s`, 'two pairs');
    inOrder(isCommit, fault);
    await failure(writer.close(), 'ALREADY_EXISTS');
    expect(await readAll(`${ROOT}/s`)).toEqual(pairsOf('two pairs'));
    expect(fake.names().length).toBe(2);
  });

  it('that meets a conflict which is not about its name says which', async () => {
    inOrder(isCommit, { status: 409, code: 'ContainerBeingDeleted' });
    const error = await failure(fillSized(`${ROOT}/s`, 'two pairs'), 'IO');
    expect(error.message).toContain('409 ContainerBeingDeleted');
    expect(fake.names()).toEqual([]);
  });

  it('that is refused after an error keeps its files, too', async () => {
    inOrder(isCommit, ERROR, REFUSED);
    const error = await failure(fillSized(`${ROOT}/s`, 'three partitions'), 'IO');
    expect(error).toMatchObject({ transient: false, unanswered: true });
    expect(fake.names().length).toBe(3);
  });

  it('that nobody answered, and that one may not look at, keeps its files as well', async () => {
    let tried = false;
    fake.fault = (asked) => {
      if (isCommit(asked)) tried = true;
      return isCommit(asked) ? 'drop' : tried && asked.method === 'HEAD' ? REFUSED : undefined;
    };
    const error = await failure(fillSized(`${ROOT}/s`, 'three partitions'), 'IO');
    expect(error).toMatchObject({ unanswered: true });
    expect(fake.names().length).toBe(3);
  });

  it('that is done though every answer is lost, and looks at it fail, is found by reading', async () => {
    let looks = 0;
    fake.fault = (asked) => {
      if (isCommit(asked)) return 'lose';
      const look = asked.method === 'HEAD' && asked.blob.endsWith('MANIFEST.json');
      return look && ++looks < 1000 ? 'drop' : undefined;
    };
    expect((await fillSized(`${ROOT}/s`, 'two pairs')).count).toBe(2);
    expect(await readAll(`${ROOT}/s`)).toEqual(pairsOf('two pairs'));
  });

  it('is done or not, wherever a writer is killed: the store is whole or absent, and can be written again', async () => {
    await cutShort(
      async () => undefined,
      () => fillSized(`${ROOT}/s`, 'three partitions'),
      async (outcome) => {
        if (outcome instanceof Error) {
          await failure(openStore(`${ROOT}/s`), 'NOT_FOUND', 'INCOMPLETE');
          await fillSized(`${ROOT}/s`, 'three partitions');
          await sweepStores(ROOT, { olderThanMs: 0 });
        }
        expect(await readAll(`${ROOT}/s`)).toEqual(pairsOf('three partitions'));
        expect(fake.names().length).toBe(4);
      },
    );
  });

  it('that is refused leaves nothing', async () => {
    inOrder(isCommit, REFUSED);
    const error = await failure(fillSized(`${ROOT}/s`, 'three partitions'), 'IO');
    expect(error.message).toMatch(/403 AuthorizationFailure.*check the key/);
    expect(fake.names()).toEqual([]);
  });

  it('needs a container, and says so before anything is written', async () => {
    const error = await failure(createStore('az://nowhere/s'), 'NOT_FOUND');
    expect(error.message).toContain('make it first');
    expect(fake.log.some((line) => line.startsWith('PUT'))).toBe(false);
    fake.containers.set('nowhere', new Map());
    await fillSized('az://nowhere/s', 'two pairs');
  });
});

describe('a replacement', () => {
  const file = `${ROOT}/f`;
  const text = async (): Promise<string> => new TextDecoder().decode(await readFile(file));

  it('is of what was looked at', async () => {
    const { path } = locateComplete(file);
    await storage().replace(path, utf8('one'));
    const seen: string[] = [];
    const see = (current: Uint8Array): void => void seen.push(new TextDecoder().decode(current));
    await storage().replace(path, utf8('two'), see);
    expect([seen, await text()]).toEqual([['one'], 'two']);
    const refusal = new Error('not that one');
    const refuse = (): never => {
      throw refusal;
    };
    await expect(storage().replace(path, utf8('three'), refuse)).rejects.toBe(refusal);
    justBefore(
      ({ method, headers }) => method === 'PUT' && headers.has('if-match'),
      () => storage().replace(path, utf8('another')),
    );
    await failure(storage().replace(path, utf8('three'), see), 'CONFLICT');
    expect(await text()).toBe('another');
    justBefore(
      ({ method, headers }) => method === 'PUT' && headers.has('if-match'),
      () => storage().remove(path),
    );
    await failure(storage().replace(path, utf8('three'), see), 'CONFLICT');
    await failure(storage().replace(path, utf8('four'), see), 'NOT_FOUND');
  });

  it.each<Fault>(['lose', 'drop', ERROR])('is done though an answer is %s', async (fault) => {
    const { path } = locateComplete(file);
    await storage().replace(path, utf8('one'));
    inOrder(({ method }) => method === 'PUT', fault);
    await storage().replace(path, utf8('two'), () => undefined);
    expect(await text()).toBe('two');
  });
});

describe('a replacement whose first try is in doubt', () => {
  const path = 'container/f';
  const text = async (): Promise<string> => new TextDecoder().decode(await readFile('az://container/f'));

  beforeEach(() => storage().replace(path, utf8('one')));

  /** Takes what is there to begin with, and nothing else. */
  function takeOne(current: Uint8Array): void {
    if (new TextDecoder().decode(current) !== 'one') throw new Error('another one');
  }

  it('is not checked against itself', async () => {
    inOrder(({ method }) => method === 'PUT', 'lose');
    await storage().replace(path, utf8('two'), takeOne);
    expect(await text()).toBe('two');
  });

  it('is done when that arrives just before the second one', async () => {
    const tries: Asked[] = [];
    let late = false;
    fake.onRequest = async (asked) => {
      if (asked.method !== 'PUT' || late || tries.push(asked) < 2) return;
      late = true;
      const [{ url, method, headers, body }] = tries;
      expect((await fake.fetch(url, { method, headers, body: Uint8Array.from(body) })).status).toBe(201);
    };
    fake.fault = ({ method }) => (method === 'PUT' && tries.length === 0 ? 'drop' : undefined);
    await storage().replace(path, utf8('two'), takeOne);
    expect([late, await text()]).toEqual([true, 'two']);
  });

  it('is an error when the blob is leased, and not a CONFLICT', async () => {
    inOrder(({ method }) => method === 'PUT', { status: 412, code: 'LeaseIdMissing' });
    const error = await failure(storage().replace(path, utf8('two'), takeOne), 'IO');
    expect(error.message).toContain('412 LeaseIdMissing');
  });
});

describe('a copy', () => {
  const from = 'container/f';
  const to = 'container/g';

  beforeEach(() => storage().replace(from, utf8('text')));

  it('is waited for when it takes long', async () => {
    fake.copyLooks = 12;
    await storage().link(from, to);
    expect(await readFile('az://container/g')).toEqual(utf8('text'));
    expect(host.waits).toEqual([100, 200, 400, 800, 1600, 2000, 2000, 2000, 2000, 2000, 2000]);
  });

  it.each([0, 3])('that fails, after %i looks, is not there', async (looks) => {
    fake.copyLooks = looks;
    fake.copyEnds = 'failed';
    const error = await failure(storage().link(from, to), 'IO');
    expect(error.message).toMatch(/az:\/\/container\/f.*failed \(500 InternalError\)/);
    expect(fake.names()).toEqual(['f']);
  });

  it('that takes very long is waited for as long as it gets on', async () => {
    fake.copyLooks = 1000;
    fake.copyProgresses = true;
    await storage().link(from, to);
    expect(host.waits.reduce((sum, each) => sum + each)).toBeGreaterThan(30 * 60_000);
  });

  it('that makes no progress is given up', async () => {
    fake.copyLooks = 1e9;
    const error = await failure(storage().link(from, to), 'IO');
    expect(error).toMatchObject({ transient: true });
    expect(error.message).toContain('5 minutes');
    expect(fake.names()).toEqual(['f']);
  });

  it.each<Fault>(['lose', 'drop', ERROR])('is made once though an answer is %s', async (fault) => {
    fake.copyLooks = 2;
    inOrder(isCopy, fault);
    await storage().link(from, to);
    expect(await readFile('az://container/g')).toEqual(utf8('text'));
  });

  it('keeps what has its name, also when that comes in between', async () => {
    justBefore(isCopy, () => storage().replace(to, utf8('other')));
    await failure(storage().link(from, to), 'ALREADY_EXISTS');
    expect(await readFile('az://container/g')).toEqual(utf8('other'));
    await failure(storage().link('container/none', 'container/h'), 'NOT_FOUND');
  });

  it('that is removed meanwhile is a CONFLICT', async () => {
    fake.copyLooks = 5;
    let looks = 0;
    fake.onRequest = ({ method }) => {
      if (method === 'HEAD' && ++looks === 2) fake.containers.get('container')?.delete('g');
    };
    await failure(storage().link(from, to), 'CONFLICT');
  });
});

describe('merges and renames', () => {
  it('two merges into one store lose no entry', async () => {
    for (const name of ['a', 'b', 'c'])
      await fill(`${ROOT}/${name}`, numbered(5, name, 300), SMALL_PARTITIONS);
    const acted = justBefore(
      ({ blob, headers }) => blob.endsWith('a/MANIFEST.json') && headers.has('if-match'),
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
    await cutShort(
      async () => {
        for (const name of ['a', 'b'])
          await fill(`${ROOT}/${name}`, numbered(5, name, 300), SMALL_PARTITIONS);
      },
      () => mergeStore(`${ROOT}/b`, `${ROOT}/a`),
      async (_, at) => {
        const target = await readAll(`${ROOT}/a`);
        const source = await readAll(`${ROOT}/b`).catch(() => []);
        expect(new Map([...target, ...source]), `request ${at}`).toEqual(new Map(both));
        expect([5, 10]).toContain(target.length);
      },
    );
  });

  it('a rename whose target is taken in the last moment leaves its source as it was', async () => {
    await fillSized(`${ROOT}/s`, 'three partitions');
    justBefore(
      ({ method, blob }) => method === 'PUT' && blob === 'root/t/MANIFEST.json',
      () => fillSized(`${ROOT}/t`, 'two pairs'),
    );
    await failure(renameStore(`${ROOT}/s`, `${ROOT}/t`), 'ALREADY_EXISTS');
    expect(await readAll(`${ROOT}/s`)).toEqual(pairsOf('three partitions'));
    expect(await readAll(`${ROOT}/t`)).toEqual(pairsOf('two pairs'));
    expect(fake.names().length).toBe(6);
  });

  it.each([
    ['while files are copied', isCopy],
    [
      'before the new manifest',
      ({ method, blob }: Asked) => method === 'PUT' && blob.endsWith('t/MANIFEST.json'),
    ],
    [
      'before the old one goes',
      ({ method, blob }: Asked) => method === 'DELETE' && blob.endsWith('s/MANIFEST.json'),
    ],
  ] as [string, (asked: Asked) => boolean][])(
    'a rename whose source is merged into %s is a CONFLICT, and loses nothing',
    async (_, moment) => {
      await fillSized(`${ROOT}/s`, 'two pairs');
      await fillSized(`${ROOT}/more`, 'two pairs', 'more');
      justBefore(moment, () => mergeStore(`${ROOT}/more`, `${ROOT}/s`));
      await failure(renameStore(`${ROOT}/s`, `${ROOT}/t`), 'CONFLICT');
      expect((await readAll(`${ROOT}/s`)).length).toBe(4);
      expect(await tree(`${ROOT}/t`)).toEqual([]);
    },
  );

  it('a rename that is cut short at any request leaves the store at one place, or at both', async () => {
    await cutShort(
      () => fillSized(`${ROOT}/s`, 'three partitions'),
      () => renameStore(`${ROOT}/s`, `${ROOT}/t`),
      async (outcome, at) => {
        const found = await Promise.all(
          ['s', 't'].map((name) => readAll(`${ROOT}/${name}`).catch((error: { code: string }) => error.code)),
        );
        const whole = found.filter((pairs) => Array.isArray(pairs));
        expect(whole.length, `request ${at}`).toBeGreaterThan(0);
        for (const pairs of whole) expect(pairs).toEqual(pairsOf('three partitions'));
        if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'IO' });
      },
    );
  });

  it('a rename whose removal of the old manifest is in doubt, when another store is there, keeps both', async () => {
    await fillSized(`${ROOT}/s`, 'three partitions');
    const isRemoval = ({ method, blob }: Asked): boolean =>
      method === 'DELETE' && blob.endsWith('s/MANIFEST.json');
    let removals = 0;
    fake.onRequest = async (asked) => {
      if (isRemoval(asked) && ++removals === 2) await fillSized(`${ROOT}/s`, 'two pairs');
    };
    inOrder(isRemoval, 'lose');
    await failure(renameStore(`${ROOT}/s`, `${ROOT}/t`), 'CONFLICT');
    expect(await readAll(`${ROOT}/s`)).toEqual(pairsOf('two pairs'));
    expect(await readAll(`${ROOT}/t`)).toEqual(pairsOf('three partitions'));
  });

  it('a rename that nobody answers removes its copies, unless the new manifest may still appear', async () => {
    for (const [fits, left] of [
      [({ blob }: Asked) => blob.endsWith('.cairn'), 0],
      [() => true, 3],
    ] as [(asked: Asked) => boolean, number][]) {
      start();
      await fillSized(`${ROOT}/s`, 'three partitions');
      const copyOrCommit = (asked: Asked): boolean => isCopy(asked) || isCommit(asked);
      let copies = 0;
      fake.fault = (asked) => {
        // All copies but the last one, or all of them, are made.
        if (!copyOrCommit(asked) || !fits(asked)) return undefined;
        return isCopy(asked) && (left === 3 || ++copies < 3) ? undefined : 'drop';
      };
      const error = await failure(renameStore(`${ROOT}/s`, `${ROOT}/t`), 'IO');
      expect(error).toMatchObject({ unanswered: true });
      expect(fake.names().filter((name) => name.startsWith('root/t/')).length).toBe(left);
      fake.fault = undefined;
      expect(await readAll(`${ROOT}/s`)).toEqual(pairsOf('three partitions'));
    }
  });

  it('a rename whose answers are lost is done', async () => {
    await fillSized(`${ROOT}/s`, 'three partitions');
    let number = 0;
    fake.fault = () => (++number % 3 === 0 ? 'lose' : undefined);
    await renameStore(`${ROOT}/s`, `${ROOT}/t`);
    fake.fault = undefined;
    expect(await readAll(`${ROOT}/t`)).toEqual(pairsOf('three partitions'));
    expect(fake.names().filter((name) => !name.startsWith('root/t/'))).toEqual([]);
  });
});
