import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { Writable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { Interruption } from '../../../src/cli/terminal/failure.ts';
import { createStore, storeInfo } from '../../../src/node/index.ts';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { cairn, must } from '../../support/run-cairn.ts';

const at = directoryPerTest();

const text = new TextEncoder();

const keys = {
  utf8: ['a', 'b c', 'é😀', '\ufeffa'],
  binary: [Uint8Array.of(0), Uint8Array.of(0x0d), Uint8Array.of(0x61, 0xff), Uint8Array.of(0xff)],
  tuple: [[null], ['DE', 1.5], ['DE', Uint8Array.of(9, 10)], [[2n ** 80n]]],
};
const values = {
  utf8: ['', 'tab\there', 'end\r', '{"$bytes":"00"}'],
  binary: [Uint8Array.of(), Uint8Array.of(0xff, 9, 0), text.encode('x'), Uint8Array.of(0x0d)],
  json: [null, { b: 1, a: ['\n', { $bytes: '00' }] }, 'text', 1e300],
  msgpack: [
    null,
    { $bytes: 'mine', deep: [Uint8Array.of(10), 7n, -0, Number.NaN] },
    { $date: new Date(1) },
    2n ** 64n,
  ],
};

describe('cairn export', () => {
  for (const keyEncoding of ['utf8', 'binary', 'tuple'] as const) {
    for (const valueEncoding of ['utf8', 'binary', 'json', 'msgpack'] as const) {
      for (const format of ['lines', 'jsonl'] as const) {
        it(`gives ${format} of ${keyEncoding} keys and ${valueEncoding} values that import to the same store`, async () => {
          const writer = await createStore<'utf8', 'msgpack'>(at('store'), {
            keyEncoding: keyEncoding as 'utf8',
            valueEncoding: valueEncoding as 'msgpack',
          });
          for (const [i, key] of keys[keyEncoding].entries())
            writer.put(key as string, values[valueEncoding][i]);
          const { id } = await writer.close();
          const { outBytes, err } = await must(['export', at('store'), '--format', format]);
          expect(err).toBe('');
          const encodings = ['--key-encoding', keyEncoding, '--value-encoding', valueEncoding];
          await must(['import', at('copy'), '--format', format, ...encodings], { stdin: outBytes });
          expect((await storeInfo(at('copy'))).id).toBe(id);
        });
      }
    }
  }

  it('writes lines and jsonl', async () => {
    await must(['import', at('store')], { stdin: 'a\tone\nb\t"two"\n' });
    expect((await must(['export', at('store')])).out).toBe('a\tone\nb\t"two"\n');
    expect((await must(['export', at('store'), '--key-separator', ' = '])).out).toBe('a = one\nb = "two"\n');
    const { out } = await must(['export', at('store'), '--format', 'jsonl', '--key', 'word']);
    expect(out).toBe('{"word":"a","value":"one"}\n{"word":"b","value":"\\"two\\""}\n');
  });

  it.each([
    ['a key with the separator', '{"key":"a\\tb","value":"x"}', 'the key "a\\tb" has the separator TAB'],
    ['a key with a newline', '{"key":"a\\nb","value":"x"}', 'the key "a\\nb" has a newline'],
    ['a value with a newline', '{"key":"a","value":"x\\ny"}', 'the key "a" has a newline in its value'],
  ])('refuses %s, and suggests jsonl', async (_, line, message) => {
    await must(['import', at('store'), '--format', 'jsonl', '--value-encoding', 'utf8'], { stdin: line });
    const { code, err } = await cairn(['export', at('store')]);
    expect(code).toBe(2);
    expect(err).toMatch(/^cairn: [^\n]*jsonl\n$/);
    expect(err).toContain(message);
  });

  it.each(['lines', 'csv', 'nul'])(
    'writes keys as the store keeps them: addresses and hex, in %s',
    async (format) => {
      const nul = (text: string): string => (format === 'nul' ? text.replace(/[\t\n]/g, '\0') : text);
      const shown = (text: string): string =>
        format === 'csv' ? `key,value\n${text.replaceAll('\t', ',')}` : nul(text);
      const stores = [
        ['ip', '10.0.0.1\ta\n200.0.0.1\tb\n'],
        ['ip', '::ffff:1.2.3.4\ta\n2001:db8::1\tb\n'],
        ['hex', '000a\ta\nff\tb\n'],
      ];
      for (const [i, [keyFormat, lines]] of stores.entries()) {
        await must(['import', at(`${i}`), '-q', '--key-format', keyFormat], { stdin: lines });
        const { out } = await must(['export', at(`${i}`), '--format', format]);
        expect(out).toBe(shown(lines));
        await must(['import', at(`${i}-again`), '-q', '--format', format, '--key-format', keyFormat], {
          stdin: out,
        });
        expect((await storeInfo(at(`${i}-again`))).id).toBe((await storeInfo(at(`${i}`))).id);
      }
    },
  );

  it('brings IPv4 among IPv6 back as it was', async () => {
    for (const [i, stdin] of ['1.2.3.4\ta\n', '1.2.3.4\ta\n2001:db8::1\tb\n'].entries()) {
      await must(['import', at(`${i}`), '-q', '--key-format', 'ip6'], { stdin });
      const { out } = await must(['export', at(`${i}`), '--format', 'lines']);
      expect(out).toBe(stdin.replace('1.2.3.4', '::ffff:1.2.3.4'));
      for (const keyFormat of ['ip', 'ip6']) {
        const again = at(`${i}-${keyFormat}`);
        await must(['import', again, '-q', '--key-format', keyFormat], { stdin: out });
        expect((await storeInfo(again)).id).toBe((await storeInfo(at(`${i}`))).id);
      }
    }
  });

  it('writes keys in another format if one is named', async () => {
    await must(['import', at('ip'), '-q', '--key-format', 'ip'], { stdin: '10.0.0.1\ta\n' });
    expect((await must(['export', at('ip'), '--key-format', 'hex'])).out).toBe('0a000001\ta\n');
    expect((await must(['export', at('ip'), '--format', 'jsonl'])).out).toBe(
      '{"key":{"$bytes":"0a000001"},"value":"a"}\n',
    );
  });

  it('writes a file that has its name when it is whole, in the place of another', async () => {
    await must(['import', at('store')], { stdin: 'a\t1\n' });
    writeFileSync(at('out.tsv'), 'before');
    const { out, err } = await must(['export', at('store'), '-o', at('out.tsv')]);
    expect([out, err]).toEqual(['', 'exported 1 entry\n']);
    expect(readFileSync(at('out.tsv'), 'utf8')).toBe('a\t1\n');
    await must(['import', at('bad')], { stdin: 'a\t1\nb:c\t2\n' });
    expect((await cairn(['export', at('bad'), '-o', at('out.tsv'), '--key-separator', ':'])).code).toBe(2);
    expect(readFileSync(at('out.tsv'), 'utf8')).toBe('a\t1\n');
    expect(readdirSync(at('.')).filter((name) => name.includes('.tmp'))).toEqual([]);
  });

  it('leaves no file when it is interrupted', async () => {
    await must(['import', at('store')], { stdin: 'a\t1\n' });
    const signal = AbortSignal.abort(new Interruption('SIGINT'));
    const outcome = await cairn(['export', at('store'), '-o', at('out')], { signal });
    expect(outcome).toMatchObject({ code: 130, err: 'cairn: interrupted\n' });
    expect(readdirSync(at('.'))).toEqual(['store']);
  });

  it('says why it cannot write a file', async () => {
    await must(['import', at('store')], { stdin: 'a\t1\n' });
    mkdirSync(at('directory'));
    expect(await cairn(['export', at('store'), '-o', at('directory')])).toMatchObject({ code: 4 });
    const outcome = await cairn(['export', at('store'), '-o', at('nowhere/out')]);
    expect(outcome).toMatchObject({
      code: 2,
      err: `cairn: the directory of ${at('nowhere/out')} does not exist; make it first\n`,
    });
    expect(existsSync(at('nowhere'))).toBe(false);
  });

  it('shows a codec of the user as bytes', async () => {
    const codec = {
      name: 'shout',
      encode: (value: string) => text.encode(value.toUpperCase()),
      decode: () => '',
    };
    await createStore(at('store'), { keyEncoding: codec, valueEncoding: codec }).put('a', 'b').close();
    expect((await must(['export', at('store')])).out).toBe('A\tB\n');
    expect((await must(['scan', at('store')])).out).toBe('0x41\t0x42\n');
    expect((await must(['get', at('store'), 'A'])).out).toBe('B');
    expect((await must(['verify', at('store')])).out).toMatch(/^ok: 1 entry/);
  });

  it('ends quietly when nobody reads any more', async () => {
    const lines = Array.from(
      { length: 20_000 },
      (_, i) => `${String(i).padStart(6, '0')}\t${'x'.repeat(30)}\n`,
    );
    await must(['import', at('store'), '-q'], { stdin: lines.join('') });
    let taken = 0;
    const stdout = new Writable({
      write(piece: Buffer, _encoding, done) {
        taken += piece.length;
        done(taken > 100_000 ? Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }) : null);
      },
    });
    expect(await cairn(['export', at('store')], { stdout })).toMatchObject({ code: 0, err: '' });
    expect(taken).toBeLessThan(400_000);
  });

  it('waits for a slow reader', async () => {
    const lines = Array.from(
      { length: 20_000 },
      (_, i) => `${String(i).padStart(6, '0')}\t${'x'.repeat(30)}\n`,
    ).join('');
    await must(['import', at('store'), '-q'], { stdin: lines });
    let waiting = 0;
    let most = 0;
    const pieces: Buffer[] = [];
    const stdout = new Writable({
      highWaterMark: 1000,
      write(piece: Buffer, _encoding, done) {
        waiting++;
        most = Math.max(most, waiting);
        setImmediate(() => {
          waiting--;
          pieces.push(piece);
          done();
        });
      },
    });
    expect((await cairn(['export', at('store')], { stdout })).code).toBe(0);
    expect(Buffer.concat(pieces).toString()).toBe(lines);
    expect(most).toBe(1);
  });

  it('reports a full disk behind standard output', async () => {
    await must(['import', at('store')], { stdin: 'a\t1\n' });
    const stdout = new Writable({
      write(_piece, _encoding, done) {
        done(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }));
      },
    });
    const { code, err } = await cairn(['export', at('store')], { stdout });
    expect(code).toBe(4);
    expect(err).toMatch(/^cairn: write of standard output failed: ENOSPC: no space left on device, write\n$/);
  });

  describe('into a file that is there', () => {
    beforeEach(async () => {
      await must(['import', at('store'), '-q'], { stdin: 'a\t1\n' });
      writeFileSync(at('real'), 'old', { mode: 0o600 });
    });

    const modeOf = (name: string): number => statSync(at(name)).mode & 0o777;

    it('keeps its permissions', async () => {
      for (const mode of [0o600, 0o640, 0o755]) {
        chmodSync(at('real'), mode);
        await must(['export', at('store'), '-q', '-o', at('real')]);
        expect([readFileSync(at('real'), 'utf8'), modeOf('real')]).toEqual(['a\t1\n', mode]);
      }
    });

    it('replaces what a link leads to, and keeps the link', async () => {
      mkdirSync(at('deep/er'), { recursive: true });
      symlinkSync('../real', at('deep/link'));
      symlinkSync('deep/link', at('link'));
      await must(['export', at('store'), '-q', '-o', at('link')]);
      expect([readFileSync(at('real'), 'utf8'), modeOf('real')]).toEqual(['a\t1\n', 0o600]);
      expect([readlinkSync(at('link')), readlinkSync(at('deep/link'))]).toEqual(['deep/link', '../real']);
    });

    it('makes what a link leads to where it is missing, and keeps both where it fails', async () => {
      mkdirSync(at('deep'));
      symlinkSync('../new', at('deep/link'));
      await must(['export', at('store'), '-q', '-o', at('deep/link')]);
      expect(readFileSync(at('new'), 'utf8')).toBe('a\t1\n');
      const signal = AbortSignal.abort(new Interruption('SIGINT'));
      expect((await cairn(['export', at('store'), '-o', at('real')], { signal })).code).toBe(130);
      expect([readFileSync(at('real'), 'utf8'), modeOf('real')]).toEqual(['old', 0o600]);
      symlinkSync('circle', at('circle'));
      expect((await cairn(['export', at('store'), '-q', '-o', at('circle')])).code).toBe(4);
      expect(readdirSync(at('.')).sort()).toEqual(['circle', 'deep', 'new', 'real', 'store']);
    });

    it('writes - to standard output, and refuses no name at all', async () => {
      expect(await must(['export', at('store'), '-o', '-'])).toMatchObject({ out: 'a\t1\n', err: '' });
      expect(readdirSync(at('.')).sort()).toEqual(['real', 'store']);
      const outcome = await cairn(['export', at('store'), '-o', '']);
      expect(outcome).toMatchObject({ code: 2, out: '' });
      expect(outcome.err).toBe('cairn: --output needs the name of a file; - is standard output\n');
    });
  });
});
