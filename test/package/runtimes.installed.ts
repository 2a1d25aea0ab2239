import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import { build as viteBuild } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStore } from '../../src/node/index.ts';
import { buildCommand } from '../support/built-command.ts';
import { HttpServer } from '../support/http-server.ts';
import { install, packInto, succeedServed } from '../support/packed-package.ts';

const RUNTIMES = fileURLToPath(new URL('./runtimes/', import.meta.url));
const MODULES = join(RUNTIMES, 'node_modules');

// Not in /dev, where Deno asks for all permissions.
const root = mkdtempSync(join(tmpdir(), 'cairnkv-test-'));
/** A project that has installed the package, and use.mjs. */
const project = join(root, 'project');
const served = join(root, 'served');
let server: HttpServer;

beforeAll(async () => {
  buildCommand();
  install(project, packInto(root));
  copyFileSync(join(RUNTIMES, 'use.mjs'), join(project, 'use.mjs'));
  for (const compression of ['none', 'deflate', 'zstd'] as const) {
    const writer = createStore(join(served, compression), { compression, sort: true });
    for (let i = 0; i < 2000; i++) await writer.put(`key-${i}`, { i, text: 'heap of stones '.repeat(3) });
    await writer.close();
  }
  server = await HttpServer.start(served);
});
afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

const READ = {
  got: [{ i: 7, text: 'heap of stones '.repeat(3) }, 'absent'],
  many: [
    { i: 1, text: 'heap of stones '.repeat(3) },
    { i: 2, text: 'heap of stones '.repeat(3) },
  ],
  scanned: 11,
  rank: 1,
  ok: true,
};

const RUNTIME = ['none', 'deflate', 'zstd'];
/** WebAssembly to write zstd with is a file that bundlers do not find, and Node has a native one only from 22.15 on. */
const BUNDLE = ['none', 'deflate'];

/** The answers of use.mjs; `zstd` if it writes that, too. */
function answers(file: unknown, zstd?: unknown): unknown {
  return {
    none: READ,
    deflate: READ,
    ...(zstd === undefined ? {} : { zstd }),
    'served none': READ,
    'served deflate': READ,
    'served zstd': READ,
    file,
  };
}

const ABSENT_FILE = expect.stringMatching(/^NOT_FOUND: /);
const NO_FILES = expect.stringMatching(/^UNSUPPORTED: no storage is registered for file: .*Files need Node/);

/** The executable that a package of a platform brings, of those that npm has chosen for this one. */
function executable(scope: string, path: string): string {
  const [name] = readdirSync(join(MODULES, scope));
  return join(MODULES, scope, name, path);
}

/** Writes a program that prints the answers, and returns its name. */
function program(name: string, base: string, compressions: readonly string[]): string {
  const text = `import { use } from './use.mjs';
    use(${JSON.stringify(base)}, ${JSON.stringify(server.origin)}, ${JSON.stringify(compressions)}).then((answers) => console.log(JSON.stringify(answers)));`;
  writeFileSync(join(project, name), text);
  return name;
}

async function answersOf(command: string, ...args: string[]): Promise<unknown> {
  return JSON.parse(await succeedServed(project, command, ...args));
}

describe('the packed library', () => {
  it('runs in Bun', async () => {
    const bun = executable('@oven', 'bin/bun');
    expect(await answersOf(bun, program('bun.mjs', './bun-', RUNTIME))).toEqual(answers(ABSENT_FILE, READ));
  });

  it('runs in Deno, with the permissions that it needs', async () => {
    const deno = executable('@deno', 'deno');
    const flags = ['--no-prompt', '--allow-read', '--allow-write', '--allow-net=127.0.0.1'];
    expect(await answersOf(deno, 'run', ...flags, program('deno.mjs', './deno-', RUNTIME))).toEqual(
      answers(ABSENT_FILE, READ),
    );
  });

  it('runs in workerd, which compiles no WebAssembly of a program that runs', async () => {
    const outdir = join(project, 'workerd');
    mkdirSync(outdir);
    writeFileSync(
      join(project, 'worker.mjs'),
      `import { use } from './use.mjs';
       export default {
         async test(_, { SERVED }) { console.log(JSON.stringify(await use('memory:', SERVED, ${JSON.stringify(RUNTIME)}))); },
       };`,
    );
    // As wrangler does it.
    await esbuild.build({
      absWorkingDir: project,
      entryPoints: ['worker.mjs'],
      outdir,
      bundle: true,
      splitting: true,
      format: 'esm',
      target: 'es2022',
      conditions: ['workerd', 'worker', 'browser'],
      logLevel: 'silent',
      plugins: [
        {
          name: 'compiled-wasm',
          setup: ({ onResolve }) =>
            onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
              copyFileSync(resolve(resolveDir, path), join(outdir, basename(path)));
              return { path: `./${basename(path)}`, external: true };
            }),
        },
      ],
    });
    writeFileSync(join(project, 'workerd.capnp'), workerdConfig(readdirSync(outdir)));
    const workerd = executable('@cloudflare', 'bin/workerd');
    expect(await answersOf(workerd, 'test', 'workerd.capnp')).toEqual(
      answers(
        NO_FILES,
        expect.stringMatching(/^UNSUPPORTED: compression 'zstd' can't be written here: .*workerd/),
      ),
    );
  });

  it.each(['esm', 'cjs'] as const)('runs as esbuild bundles it for Node, as %s', async (format) => {
    const outfile = `esbuild.${format === 'esm' ? 'mjs' : 'cjs'}`;
    const { warnings } = await esbuild.build({
      absWorkingDir: project,
      entryPoints: [program(`for-${format}.mjs`, `./esbuild-${format}-`, BUNDLE)],
      outfile,
      bundle: true,
      format,
      platform: 'node',
      target: 'node20',
      logLevel: 'silent',
      loader: { '.wasm': 'file' },
    });
    expect(warnings).toEqual([]);
    expect(await answersOf(process.execPath, outfile)).toEqual(answers(ABSENT_FILE));
  });

  it('verifies a store of many bytes in a bundle, which has no file for threads', async () => {
    writeFileSync(
      join(project, 'large.mjs'),
      `import { createStore, storeInfo, verifyStore } from 'cairnkv';
       (async () => {
         const writer = createStore('./large', { valueEncoding: 'binary' });
         for (let i = 10; i < 80; i++) await writer.put('key-' + i, new Uint8Array(1 << 20).fill(i));
         await writer.close();
         const { ok } = await verifyStore('./large');
         console.log(JSON.stringify({ ok, several: (await storeInfo('./large')).partitions.length > 1 }));
       })();`,
    );
    for (const format of ['esm', 'cjs'] as const) {
      const outfile = `large.bundle.${format === 'esm' ? 'mjs' : 'cjs'}`;
      const entryPoints = ['large.mjs'];
      await esbuild.build({
        absWorkingDir: project,
        entryPoints,
        outfile,
        bundle: true,
        format,
        platform: 'node',
        logLevel: 'silent',
        loader: { '.wasm': 'file' },
      });
      expect(await answersOf(process.execPath, outfile)).toEqual({ ok: true, several: true });
      rmSync(join(project, 'large'), { recursive: true });
    }
  });

  it('runs as vite bundles it for pages', async () => {
    const outDir = join(project, 'vite');
    await viteBuild({
      configFile: false,
      root: project,
      logLevel: 'error',
      build: {
        outDir,
        target: 'es2022',
        lib: {
          entry: join(project, program('for-vite.mjs', 'memory:', BUNDLE)),
          formats: ['es'],
          fileName: 'page',
        },
      },
    });
    const [page] = readdirSync(outDir).filter((name) => name.startsWith('page'));
    expect(await answersOf(process.execPath, join(outDir, page))).toEqual(answers(NO_FILES));
  });

  it.each([
    ['Node', 'node20', './webpack-', ABSENT_FILE],
    ['pages', 'es2022', 'memory:', NO_FILES],
  ])('runs as webpack bundles it for %s', async (_, target, base, file) => {
    const path = join(project, `webpack-${target}`);
    await webpack({
      mode: 'production',
      context: project,
      entry: `./${program(`for-webpack-${target}.mjs`, base, BUNDLE)}`,
      target: target === 'node20' ? target : ['web', target],
      experiments: { outputModule: true },
      output: {
        path,
        filename: 'main.mjs',
        chunkFilename: '[id].mjs',
        module: true,
        chunkFormat: 'module',
        chunkLoading: 'import',
      },
      optimization: { minimize: false },
    });
    expect(await answersOf(process.execPath, join(path, 'main.mjs'))).toEqual(answers(file));
  });
});

/** The part of webpack that is used here. */
type Webpack = (
  options: object,
  done: (error: Error | null, stats?: { hasErrors(): boolean; toString(): string }) => void,
) => void;

function webpack(options: object): Promise<void> {
  const run = createRequire(pathToFileURL(RUNTIMES))('webpack') as Webpack;
  return new Promise((resolve, reject) =>
    run(options, (error, stats) => {
      if (error !== null || stats === undefined) reject(error);
      else if (stats.hasErrors()) reject(new Error(String(stats)));
      else resolve();
    }),
  );
}

/** A configuration of `workerd test` with these modules, the first of which is worker.js. */
function workerdConfig(names: readonly string[]): string {
  const modules = ['worker.js', ...names.filter((name) => name !== 'worker.js')].map(
    (name) => `(name = "${name}", ${name.endsWith('.wasm') ? 'wasm' : 'esModule'} = embed "workerd/${name}")`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
    const config :Workerd.Config = (services = [
      (name = "main", worker = .worker),
      (name = "internet", network = (allow = ["private"])),
    ]);
    const worker :Workerd.Worker = (
      compatibilityDate = "2026-06-01",
      bindings = [(name = "SERVED", text = "${server.origin}")],
      modules = [${modules.join(', ')}],
    );`;
}
