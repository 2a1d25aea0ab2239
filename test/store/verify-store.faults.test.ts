import { beforeEach, describe, expect, it } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import { FOOTER } from '../../src/format/layout.ts';
import { openStore, verifyStore } from '../../src/node/index.ts';
import { assemble, takeApart } from '../fault/hostile-partition.ts';
import { withFlipped, withNoise } from '../support/damaged-copy.ts';
import { failure, rejection } from '../support/failures.ts';
import { OddStorage } from '../support/odd-storage.ts';
import { filePlace } from '../support/places.ts';
import { readFile, removeFile, tree, writeFile } from '../support/storage-tools.ts';
import { fill, numbered } from '../support/stores.ts';

const PAIRS = numbered(200, 'k', 60);
const io = new CairnError('IO', 'the disk gives nothing', { operation: 'read', transient: false });

let storage: OddStorage;
let paths: string[];

beforeEach(async () => {
  storage = new OddStorage().register();
  await fill('odd:s', PAIRS, { blockBytes: 512, partitionBytes: 2048 });
  paths = (await tree('odd:s/data')).map((name) => `s/data/${name}`);
});

async function change(path: string, how: (bytes: Uint8Array) => Uint8Array): Promise<void> {
  await writeFile(`odd:${path}`, how(await readFile(`odd:${path}`)));
}

describe('verifyStore() of a store that no reader opens', () => {
  beforeEach(() => change('s/MANIFEST.json', (bytes) => withFlipped(bytes, 30, 0)));

  it('says which partition can not be opened, and checks the others', async () => {
    storage.onOpen = (path) => {
      if (path === paths[1]) throw io;
    };
    const { problems, checked } = await verifyStore('odd:s');
    expect(problems).toMatchObject([
      { section: 'manifest', flipped: { byte: 30, bit: 0 } },
      { code: 'IO', file: `odd:${paths[1]}`, keys: { entries: expect.any(Number) } },
    ]);
    expect(checked.entries).toBe(PAIRS.length - (problems[1].keys?.entries ?? 0));
    expect(storage.openSources).toBe(0);
  });

  it('throws errors that are not about files unchanged, and leaves nothing open', async () => {
    const bug = new TypeError('a storage with a mistake of its own');
    storage.onOpen = (path) => {
      if (path === paths[1]) throw bug;
    };
    expect(await rejection(verifyStore('odd:s'))).toBe(bug);
    expect(storage.openSources).toBe(0);
  });

  it('is ended by its signal while it looks at the manifest', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    let opened = 0;
    storage.onOpen = (path) => {
      if (path.endsWith('MANIFEST.json') && ++opened === 2) controller.abort(reason);
    };
    // Once for a reader, whose codecs have to be known; once more to see what is wrong.
    expect(await rejection(verifyStore('odd:s', { signal: controller.signal }))).toBe(reason);
    expect(storage.openSources).toBe(0);
  });
});

describe('verifyStore()', () => {
  it('reports what kept a reader from opening the store, though it is gone when that is looked at', async () => {
    let refusals = 2;
    storage.onOpen = (path) => {
      if (path === paths[0] && refusals-- > 0) throw new CairnError('NOT_FOUND', 'it is not there just now');
    };
    const { ok, problems, checked } = await verifyStore('odd:s');
    expect(ok).toBe(false);
    expect(problems).toMatchObject([{ code: 'CORRUPTION', message: expect.stringContaining('missing') }]);
    expect(checked.entries).toBe(PAIRS.length);
  });

  it('reports what is wrong with a single partition, in each storage', async () => {
    const place = filePlace();
    const name = 'part-00000-1.cairn';
    const whole = await readFile(`odd:${paths[0]}`);
    const damaged = withNoise(whole, whole.length - 50, whole.length - 40);
    for (const uri of [`odd:${name}`, `${await place.root()}/${name}`]) {
      await writeFile(uri, damaged);
      const { ok, problems } = await verifyStore(uri);
      expect(ok).toBe(false);
      expect(problems).toMatchObject([{ code: 'CORRUPTION', section: 'footer' }]);
      expect(problems[0].file).toContain(name);
      await removeFile(uri);
    }
    await place.cleanUp();
  });

  it('refuses what is no function for `onProgress`', async () => {
    const error = await failure(verifyStore('odd:s', { onProgress: 1 as never }), 'INVALID_ARGUMENT');
    expect(error.argument).toBe('onProgress');
  });

  it('looks for eight bits and no more, in headers, too', async () => {
    expect(paths.length).toBeGreaterThan(9);
    for (const path of paths) await change(path, (bytes) => withFlipped(bytes, 3, 5));
    const { problems } = await verifyStore('odd:s');
    expect(problems.map(({ flipped }) => flipped)).toEqual(
      paths.map((_, i) => (i < 8 ? { byte: 3, bit: 5 } : undefined)),
    );
    expect(problems.every(({ section }) => section === 'header')).toBe(true);
  });

  it('names no bit of a footer that is of a later version besides', async () => {
    const { bytes, flipped } = await laterFooter();
    await writeFile(`odd:${paths[0]}`, flipped);
    const { problems } = await verifyStore('odd:s');
    expect(problems).toMatchObject([{ code: 'CORRUPTION', section: 'footer' }]);
    expect(problems[0].flipped).toBe(undefined);
    await writeFile(`odd:${paths[0]}`, bytes);
    expect((await verifyStore('odd:s')).problems).toMatchObject([{ code: 'UNSUPPORTED_FORMAT' }]);
  });

  async function laterFooter(): Promise<{ bytes: Uint8Array; flipped: Uint8Array }> {
    const original = await readFile(`odd:${paths[0]}`);
    const partition = takeApart(original);
    partition.footer = { version: 2 };
    const bytes = assemble(partition).file;
    expect(bytes.length).toBe(original.length);
    return { bytes, flipped: withFlipped(bytes, bytes.length - FOOTER.length + 8, 1) };
  }

  it('reads a file with bytes too many that lies far away', async () => {
    storage.remote = true;
    await change(paths[0], (bytes) => Uint8Array.of(...withFlipped(bytes, 40, 0), 0));
    const { problems, checked } = await verifyStore('odd:s');
    expect(problems.map(({ section, flipped }) => [section, flipped])).toEqual([
      ['file', undefined],
      ['block 0', { byte: 40, bit: 0 }],
    ]);
    expect(checked.entries).toBe(PAIRS.length - (problems[1].keys?.entries ?? 0));
  });

  describe('of a block that reads badly', () => {
    /** The n-th reading of the first partition's first block has something done to it. */
    function atReading(wanted: number, act: (target: Uint8Array) => void): void {
      let readings = 0;
      storage.onRead = (path, offset, target) => {
        if (path !== paths[0] || offset !== 16) return;
        if (++readings >= wanted) act(target);
        else target[5] ^= 1;
      };
    }

    it('is reported without a bit when it can not be read again for that', async () => {
      // In a stretch with its neighbours, by itself, and to look for the bit.
      atReading(3, () => {
        throw io;
      });
      const { problems } = await verifyStore('odd:s');
      expect(problems).toMatchObject([{ code: 'CORRUPTION', section: 'block 0' }]);
      expect(problems[0].flipped).toBe(undefined);
    });

    it.each([1, 2, 3])('is not reported when the signal is aborted at its reading %i', async (reading) => {
      const reason = new Error('enough');
      atReading(reading, () => {
        throw reason;
      });
      await using reader = await openStore('odd:s');
      expect(await rejection(reader.verify())).toBe(reason);
    });
  });
});
