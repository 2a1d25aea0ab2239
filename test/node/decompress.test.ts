import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as zstd from '@bokuweb/zstd-wasm';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { storeInfo } from '../../src/node/index.ts';
import { directoryPerTest, fileWriter } from '../support/directory-per-test.ts';
import { refusedImport } from '../support/refused-import.ts';
import { cairn, must } from '../support/run-cairn.ts';
import { cut } from '../support/stage.ts';

const at = directoryPerTest();
const file = fileWriter(at);
let store = '';

beforeAll(() => zstd.init());
beforeEach(() => {
  store = at('store');
});

const refused = (argv: readonly string[], stdin?: string | Uint8Array | Readable): Promise<string> =>
  refusedImport(store, argv, stdin);
describe('compressed input', () => {
  const lines = Array.from({ length: 3000 }, (_, i) => `key ${i + 10_000}\tvalue ${i * 7}\n`).join('');

  it('is read by its suffix, its first bytes, or as it is said', async () => {
    const gz = file('a.gz', Buffer.concat([gzipSync(lines.slice(0, 30_000)), gzipSync(lines.slice(30_000))]));
    const zst = file(
      'a.zst',
      Buffer.concat([
        zstd.compress(Buffer.from(lines.slice(0, 99))),
        zstd.compress(Buffer.from(lines.slice(99))),
      ]),
    );
    await must(['import', at('plain')], { stdin: lines });
    const { id } = await storeInfo(at('plain'));
    await must(['import', at('gz'), '-f', gz]);
    await must(['import', at('zst'), '-f', zst]);
    await must(['import', at('said'), '--decompress', 'gzip'], { stdin: gzipSync(lines) });
    for (const name of ['gz', 'zst', 'said']) expect((await storeInfo(at(name))).id).toBe(id);
    for (const [name, bytes] of [
      ['gz', gzipSync(lines)],
      ['zst', zstd.compress(Buffer.from(lines))],
      // A skippable frame first, as seekable files have.
      [
        'skippable',
        Buffer.concat([
          Uint8Array.of(0x51, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9),
          zstd.compress(Buffer.from(lines)),
        ]),
      ],
    ] as const) {
      await must(['import', at(`sniffed ${name}`)], { stdin: Readable.from(cut(bytes, [1, 1, 2000])) });
      expect((await storeInfo(at(`sniffed ${name}`))).id).toBe(id);
    }
    const { err } = await cairn(['import', at('none'), '-f', gz, '--decompress', 'none']);
    expect(err).toContain('is not UTF-8');
  });

  it.each(['gzip', 'zstd'] as const)(
    'is refused with its name when %s is damaged or cut short',
    async (format) => {
      const whole = format === 'gzip' ? gzipSync(lines) : zstd.compress(Buffer.from(lines));
      const name = `a.${format === 'gzip' ? 'gz' : 'zst'}`;
      for (const bytes of [
        whole.subarray(0, -9),
        whole.subarray(0, 20),
        Buffer.concat([whole, Buffer.alloc(99)]),
      ]) {
        const err = await refused(['import', store, '-f', file(name, bytes)]);
        expect(err).toContain(`${at(name)}: the ${format} data is damaged or cut short (`);
      }
    },
  );

  it('is what an export to .gz gives; to .zst there is none', async () => {
    await must(['import', store], { stdin: lines });
    await must(['export', store, '-o', at('out.gz')]);
    expect(gunzipSync(readFileSync(at('out.gz'))).toString()).toBe(lines);
    await must(['import', at('copy'), '-f', at('out.gz')]);
    expect((await storeInfo(at('copy'))).id).toBe((await storeInfo(store)).id);
    const { code, err } = await cairn(['export', store, '-o', at('out.zst')]);
    expect([code, err]).toEqual([2, expect.stringContaining('compressed by gzip only')]);
    if (existsSync('/dev/full')) {
      symlinkSync('/dev/full', at('full.gz'));
      expect(await cairn(['export', store, '-o', at('full.gz')])).toMatchObject({
        code: 4,
        err: expect.stringContaining('ENOSPC'),
      });
    }
  });

  it('counts for the progress as it lies there', async () => {
    const gz = file('b.gz', gzipSync(lines));
    let time = 0;
    const now = (): number => (time += 600);
    const { err } = await must(['import', store, '-f', gz], { terminal: true, now });
    expect(err).toMatch(/\rimporting \[#{24}\] 100 % \d+ entr/);
  });
});
