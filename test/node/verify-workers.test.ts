import { spawnSync } from 'node:child_process';
import { closeSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
// The threads run what was built.
import * as built from 'cairnkv';
import * as esbuild from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, verifyStore } from '../../src/node/index.ts';
import { buildCommand } from '../support/built-command.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const PARTITIONS = 5;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('a verification in threads', () => {
  const directory = temporaryDirectory();
  const store = `${directory}/store`;
  let names: string[] = [];

  beforeAll(async () => {
    buildCommand();
    const writer = await built.createStore(store, { valueEncoding: 'binary', partitionBytes: 16 << 20 });
    const value = new Uint8Array(1 << 18).fill(7);
    for (let i = 0; i < 280; i++) await writer.put(`k${String(i).padStart(5, '0')}`, value);
    const info = await writer.close();
    names = info.partitions.map(({ name }) => name);
    expect(names).toHaveLength(PARTITIONS);
  }, 60_000);
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  function poke(file: string, offset: number, byte: number): void {
    const descriptor = openSync(file, 'r+');
    writeSync(descriptor, Uint8Array.of(byte), 0, 1, offset);
    closeSync(descriptor);
  }

  it('finds what one in a single thread finds', async () => {
    const seen: number[] = [];
    const report = await built.verifyStore(store, { onProgress: ({ done }) => seen.push(done) });
    expect(report).toEqual(await verifyStore(store));
    expect(report).toMatchObject({ ok: true, checked: { files: PARTITIONS, entries: 280 } });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(report.checked.bytes);
    for (const name of [names[3], names[0]]) poke(`${store}/data/${name}`, 5_000_000, 8);
    poke(`${store}/data/${names[2]}`, 8, 0);
    const damaged = await built.verifyStore(store);
    expect(damaged.problems.map(({ file }) => file.split('/').at(-1))).toEqual([
      names[0],
      names[2],
      names[3],
    ]);
    expect(damaged.problems[1].flipped).toEqual({ byte: 8, bit: 0 });
    expect(damaged).toEqual(await verifyStore(store));
    for (const name of [names[3], names[0]]) poke(`${store}/data/${name}`, 5_000_000, 7);
    poke(`${store}/data/${names[2]}`, 8, 1);
  });

  /** Runs a program with the store as its argument; returns what it prints. */
  function run(...argv: string[]): unknown {
    const { stdout, stderr } = spawnSync(process.execPath, [...argv, store], { cwd: ROOT, encoding: 'utf8' });
    expect(stderr.replace(/^\(.*\n|.*Warning: .*\n/gm, '')).toBe('');
    return JSON.parse(stdout);
  }

  const PROGRAM = `
    import { verifyStore } from ${JSON.stringify(`${ROOT}dist/node/index.js`)};
    verifyStore(process.argv.at(-1), {}).then(({ ok, checked, problems }) => {
      console.log(JSON.stringify([ok, checked.entries, problems.length]));
    });`;

  it('is one in a single thread in a CommonJS bundle, which has no module for threads', async () => {
    const file = `${directory}/bundle.cjs`;
    await esbuild.build({
      stdin: { contents: PROGRAM, resolveDir: ROOT },
      outfile: file,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      external: ['@bokuweb/zstd-wasm', 'temporal-polyfill'],
      logLevel: 'silent',
    });
    expect(run(file)).toEqual([true, 280, 0]);
  });

  it('is one in a single thread where the process may start no threads', () => {
    const flag = process.allowedNodeEnvironmentFlags.has('--permission')
      ? '--permission'
      : '--experimental-permission';
    writeFileSync(`${directory}/alone.mjs`, PROGRAM);
    expect(run(flag, '--allow-fs-read=*', `${directory}/alone.mjs`)).toEqual([true, 280, 0]);
  });

  it('reads the files that were opened, wherever they are now', async () => {
    const reader = await built.openStore(store, { valueEncoding: 'binary', cacheBytes: 0 });
    renameSync(store, `${store}-moved`);
    try {
      expect(await reader.verify()).toMatchObject({ ok: true, checked: { entries: 280 } });
    } finally {
      renameSync(`${store}-moved`, store);
      await reader.close();
    }
  });

  it('is ended by its signal, and by what `onProgress` throws', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    const onProgress = (): void => controller.abort(reason);
    await expect(built.verifyStore(store, { signal: controller.signal, onProgress })).rejects.toBe(reason);
    await expect(
      built.verifyStore(store, {
        onProgress: () => {
          throw reason;
        },
      }),
    ).rejects.toBe(reason);
  });

  it('is one in a single thread where there is no code for threads', async () => {
    // As here, where only the sources are.
    await using reader = await openStore(store, { cacheBytes: 0 });
    expect(await reader.verify()).toMatchObject({ ok: true, checked: { entries: 280 } });
  });
});
