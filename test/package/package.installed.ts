import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import { build as viteBuild } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand } from '../support/built-command.ts';
import { install, type Outcome, packInto, run, succeed } from '../support/packed-package.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const MAX_INSTALL_BYTES = 6_000_000;
const MAX_PACKAGES = 5;

const root = temporaryDirectory();
/** A project that has only what a reader or writer needs. */
const plain = join(root, 'plain');
/** A project that has what `npm install cairnkv` installs. */
const full = join(root, 'full');

/** Runs a module in a project, and returns what it printed as JSON. */
function evaluate(directory: string, code: string, name = 'script.mjs'): unknown {
  const file = join(directory, name);
  writeFileSync(file, code);
  return JSON.parse(succeed(directory, process.execPath, '--no-warnings', file));
}

const USE = `
  const uri = process.argv[1] + '.store';
  await createStore(uri).put('a', 1).put('b', { deep: [true] }).close();
  const store = await openStore(uri);
  const entries = [];
  for await (const entry of store.entries()) entries.push(entry);
  const got = [await store.get('a'), store.getSync('b'), await store.get('c') ?? null];
  await store.close();
  await deleteStore(uri);
  console.log(JSON.stringify({ entries, got }));
`;
const USED = {
  entries: [
    ['a', 1],
    ['b', { deep: [true] }],
  ],
  got: [1, { deep: [true] }, null],
};

beforeAll(() => {
  buildCommand();
  const tarball = packInto(root);
  install(plain, tarball, '--omit=dev', '--omit=optional');
  install(full, tarball);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('an install without optional packages', () => {
  it(`is of at most ${MAX_INSTALL_BYTES} bytes and ${MAX_PACKAGES} packages`, () => {
    const modules = join(plain, 'node_modules');
    const bytes = readdirSync(modules, { recursive: true, encoding: 'utf8' })
      .map((path) => statSync(join(modules, path)))
      .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
    const { packages } = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8')) as {
      packages: object;
    };
    const names = Object.keys(packages);
    process.stdout.write(`a production install: ${bytes} bytes, ${names.length} packages\n`);
    expect(bytes).toBeLessThanOrEqual(MAX_INSTALL_BYTES);
    expect(names.length).toBeLessThanOrEqual(MAX_PACKAGES);
  });

  it('writes and reads, as an ES module', () => {
    expect(evaluate(plain, `import { createStore, deleteStore, openStore } from 'cairnkv';${USE}`)).toEqual(
      USED,
    );
  });

  it('says of what lacks a package which one to install', () => {
    const said = evaluate(
      plain,
      `import { createStore, openStore } from 'cairnkv';
       import { openNamespaces, renderTemplate } from 'cairnkv/namespace';
       import { registerS3 } from 'cairnkv/s3';
       const namespaces = await openNamespaces('memory:kv');
       const ns = namespaces.namespace('n');
       await ns.set('k', { a: 1 }, { ttl: 60_000 });
       const told = (error) => error.code + ': ' + error.message;
       registerS3({ region: 'x', endpoint: 'http://127.0.0.1:1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
       const zlib = await import('node:zlib');
       console.log(JSON.stringify({
         s3: await openStore('s3://bucket/key').then(String, told),
         typed: globalThis.Temporal ? 'native' : await createStore('memory:typed', { valueEncoding: 'typed' }).then(String, told),
         zstd: zlib.zstdCompressSync ? 'native' : await createStore('memory:zstd', { compression: 'zstd' }).then(String, told),
         kv: await ns.get('k'),
         dated: globalThis.Temporal ? 'native' : await ns.set('d', '2021-09-01', { type: 'DATE' }).then(String, told),
         template: await renderTemplate('x', { namespaces }).then(String, told),
         text: await import('cairnkv/text').then(String, (error) => error.message),
       }));`,
    ) as Record<string, string>;
    expect(said.kv).toEqual({ a: 1 });
    expect(said.dated).toMatch(/^native$|^UNSUPPORTED: .*npm install temporal-polyfill$/);
    expect(said.template).toBe('UNSUPPORTED: the package nunjucks is missing: npm install nunjucks');
    expect(said.s3).toBe('UNSUPPORTED: the package aws4fetch is missing: npm install aws4fetch');
    expect(said.typed).toMatch(/^native$|^UNSUPPORTED: .*npm install temporal-polyfill$/);
    expect(said.zstd).toMatch(/^native$|^UNSUPPORTED: .*npm install @bokuweb\/zstd-wasm/);
    expect(said.text).toMatch(/Cannot find package '(?:stream-chain|stream-json)'/);
  });

  it('reads zstd all the same', () => {
    const write = `import { createStore } from 'cairnkv';
      await createStore(process.argv[1] + '.store', { compression: 'zstd' }).put('a', 'stones '.repeat(100)).close();
      console.log(JSON.stringify(process.argv[1] + '.store'));`;
    const uri = evaluate(full, write, 'zstd.mjs');
    const read = `import { openStore } from 'cairnkv';
      const store = await openStore(${JSON.stringify(uri)});
      console.log(JSON.stringify([await store.get('a'), (await store.verify()).ok]));`;
    expect(evaluate(plain, read)).toEqual(['stones '.repeat(100), true]);
  });

  it('has the command, which says the same', () => {
    const cairn = (...args: string[]): Outcome => run(plain, 'npx', '--no-install', 'cairn', ...args);
    expect(cairn('test').code).toBe(0);
    writeFileSync(join(plain, 'lines.txt'), 'a\t1\n');
    const { code, out, err } = cairn('import', 'imported', '-f', 'lines.txt');
    expect(err).toMatch(/^cairn: the package stream-chain is missing: npm install stream-chain\n$/);
    expect([code, out]).toEqual([2, '']);
  });
});

describe('a default install', () => {
  it('says which package cairnkv/level needs besides', () => {
    const { code, err } = run(full, process.execPath, '--input-type=module', '-e', "import 'cairnkv/level';");
    expect(code).not.toBe(0);
    expect(err).toContain("Cannot find package 'abstract-level'");
  });

  it('is used as an ES module, and by require() where Node can', () => {
    expect(evaluate(full, `import { createStore, deleteStore, openStore } from 'cairnkv';${USE}`)).toEqual(
      USED,
    );
    if (process.features.require_module) {
      const code = `const { createStore, deleteStore, openStore } = require('cairnkv');
        const log = require('cairnkv/log'), text = require('cairnkv/text'), s3 = require('cairnkv/s3');
        if (!log.createLog || !text.parseCsv || !s3.registerS3) throw new Error('an entry is empty');
        (async () => {${USE}})();`;
      expect(evaluate(full, code, 'script.cjs')).toEqual(USED);
    }
  });

  it('has the command', () => {
    const cairn = (...args: string[]): string => succeed(full, 'npx', '--no-install', 'cairn', ...args);
    writeFileSync(join(full, 'rows.csv'), 'key,name\nb,bee\na,ant\n');
    cairn('import', 'rows', '--format', 'csv', '--sort', '-f', 'rows.csv');
    expect(cairn('get', 'rows', 'a')).toBe('ant\n');
    expect(cairn('verify', 'rows')).toContain('ok');
  });

  it.each(['nodenext', 'bundler'])('has types for moduleResolution %s', (moduleResolution) => {
    writeFileSync(
      join(full, 'consumer.ts'),
      `import { createStore, type KeyOf, openStore } from 'cairnkv';
       import { inspectFile } from 'cairnkv/inspect';
       import { createLog, type LogRecord } from 'cairnkv/log';
       import { registerAzure } from 'cairnkv/azure';
       import { registerS3 } from 'cairnkv/s3';
       import { registerStorage, type Storage } from 'cairnkv/storage';
       export async function main(): Promise<number> {
         await using writer = await createStore('memory:typed', { keyEncoding: 'number', valueEncoding: 'utf8' });
         await writer.put(1, 'one');
         await writer.close();
         await using store = await openStore('memory:typed', { keyEncoding: 'number', valueEncoding: 'utf8' });
         const value: string | undefined = await store.get(1);
         // @ts-expect-error a key of another type
         store.getSync('1');
         const key: KeyOf<'uuid'> = 'a';
         return (value?.length ?? 0) + key.length;
       }
       export const used = [inspectFile, createLog, registerAzure, registerS3, registerStorage] as const;
       export type Used = LogRecord | Storage;`,
    );
    writeFileSync(
      join(full, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          noEmit: true,
          target: 'ES2022',
          module: moduleResolution === 'nodenext' ? 'nodenext' : 'esnext',
          moduleResolution,
          lib: ['ES2022', 'ESNext.Disposable', 'DOM', 'DOM.AsyncIterable'],
          types: [],
        },
        files: ['consumer.ts'],
      }),
    );
    const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
    expect(run(full, process.execPath, tsc, '-p', 'tsconfig.json').out).toBe('');
  });

  const PAGE = `import { createStore, openStore } from 'cairnkv';
    import { createLog } from 'cairnkv/log';
    await createStore('memory:page').put('a', 1).close();
    await createLog('memory:page-log').send('k', 'v').close();
    globalThis.answer = [await openStore('memory:page').get('a'), (await openStore('memory:page-log')).info.count];`;

  it.each(['browser', 'node'] as const)('is bundled for %s by esbuild', async (platform) => {
    writeFileSync(join(full, 'page.mjs'), PAGE);
    const outdir = join(full, `esbuild-${platform}`);
    const { metafile, warnings } = await esbuild.build({
      absWorkingDir: full,
      entryPoints: ['page.mjs'],
      outdir,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      format: 'esm',
      platform,
      target: 'es2022',
      metafile: true,
      logLevel: 'silent',
      loader: { '.wasm': 'file' },
    });
    expect(warnings).toEqual([]);
    const from = Object.keys(metafile.inputs).filter((path) => path.includes('node_modules/cairnkv/'));
    expect(from.length).toBeGreaterThan(0);
    const folder = platform === 'node' ? 'dist/node/' : 'dist/bundler/';
    expect(from.filter((path) => !path.includes(`cairnkv/${folder}`))).toEqual([]);
    await import(pathToFileURL(join(outdir, 'page.mjs')).href);
    expect(answer()).toEqual([1, 1]);
  });

  it('is bundled by vite', async () => {
    writeFileSync(join(full, 'page.mjs'), PAGE);
    const outDir = join(full, 'vite');
    await viteBuild({
      configFile: false,
      root: full,
      logLevel: 'error',
      build: {
        outDir,
        target: 'es2022',
        lib: { entry: join(full, 'page.mjs'), formats: ['es'], fileName: 'page' },
      },
    });
    const [page] = readdirSync(outDir).filter((name) => name.startsWith('page'));
    await import(pathToFileURL(join(outDir, page)).href);
    expect(answer()).toEqual([1, 1]);
  });
});

function answer(): unknown {
  const global = globalThis as { answer?: unknown };
  const { answer: given } = global;
  delete global.answer;
  return given;
}
