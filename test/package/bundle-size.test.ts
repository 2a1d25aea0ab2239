import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';
import { rolldown } from 'rolldown';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildCommand } from '../support/built-command.ts';
import { REPOSITORY, resolveImport, sourceFiles, staticImportsOf } from './source-files.ts';

/** Bytes, gzipped, of a page's own code and all that it loads before it runs. */
const MAX_BYTES = 25_000;

/** Also loaded when a page first opens a URL. */
const MAX_HTTP_BYTES = 7 * 1024;

/** A page that only reads, by what the package gives bundlers. */
const PAGE = `
  import { openStore } from 'cairnkv';
  globalThis.open = openStore;
`;

/** What the package gives bundlers for browsers. */
const BUNDLER = join(REPOSITORY, 'dist/bundler');

/** A file that a bundler made. */
interface Chunk {
  readonly name: string;
  readonly code: string;
  readonly isEntry: boolean;
  /** The names of the files that it imports before it runs. */
  readonly imports: readonly string[];
  /** The files of dist/bundler that something is left of, by name, and {@link PAGE_FILE}. */
  readonly files: readonly string[];
}

/** Where modules of PAGE seem to lie: inside the package, whose own name they may import. */
const PAGE_FILE = join(REPOSITORY, 'test/package/page.js');

async function byRolldown(): Promise<Chunk[]> {
  const build = await rolldown({
    input: PAGE_FILE,
    platform: 'browser',
    external: ['@bokuweb/zstd-wasm'],
    logLevel: 'silent',
    preserveEntrySignatures: false,
    transform: { target: 'es2022' },
    plugins: [{ name: 'page', load: (id) => (id === PAGE_FILE ? PAGE : undefined), resolveId: pageId }],
  });
  const { output } = await build.generate({ format: 'esm', minify: true });
  await build.close();
  return output
    .filter((part) => part.type === 'chunk')
    .map(({ fileName, code, isEntry, imports, modules }) => ({
      name: fileName,
      code,
      isEntry,
      imports,
      files: Object.keys(modules)
        .filter((id) => modules[id].renderedLength > 0)
        .map((id) => (id === PAGE_FILE ? id : relative(BUNDLER, id))),
    }));
}

function pageId(id: string): string | undefined {
  return id === PAGE_FILE ? id : undefined;
}

async function byEsbuild(): Promise<Chunk[]> {
  const { outputFiles, metafile } = await esbuild.build({
    absWorkingDir: REPOSITORY,
    stdin: { contents: PAGE, resolveDir: join(REPOSITORY, 'test/package') },
    external: ['@bokuweb/zstd-wasm'],
    outdir: 'out',
    write: false,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    metafile: true,
    logLevel: 'silent',
  });
  return Object.entries(metafile.outputs).map(([name, { entryPoint, imports, inputs }]) => ({
    name,
    code: outputFiles.find(({ path }) => path === join(REPOSITORY, name))?.text ?? '',
    isEntry: entryPoint === '<stdin>',
    imports: imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path),
    files: Object.keys(inputs)
      .filter((path) => path !== '<stdin>' && inputs[path].bytesInOutput > 0)
      .map((path) => relative(BUNDLER, join(REPOSITORY, path))),
  }));
}

/** The chunks and what they import, directly or not, before they run. */
function withImports(first: readonly Chunk[], chunks: readonly Chunk[]): Chunk[] {
  const found = new Set(first);
  for (const chunk of found) {
    for (const name of chunk.imports) {
      const imported = chunks.find((other) => other.name === name);
      if (imported !== undefined) found.add(imported);
    }
  }
  return [...found];
}

const bytesOf = (some: readonly Chunk[]): number =>
  some.reduce((sum, { code }) => sum + gzipSync(code).length, 0);

describe.each([
  ['rolldown', byRolldown],
  ['esbuild', byEsbuild],
])('a bundle that only opens stores, by %s,', (bundler, bundle) => {
  let chunks: Chunk[];
  let eager: Chunk[];

  beforeAll(async () => {
    buildCommand();
    chunks = await bundle();
    eager = withImports(
      chunks.filter(({ isEntry }) => isEntry),
      chunks,
    );
  }, 180_000);

  it(`is at most ${MAX_BYTES} bytes, gzipped`, () => {
    const bytes = bytesOf(eager);
    process.stdout.write(`a bundle that only opens stores, by ${bundler}: ${bytes} bytes gzipped\n`);
    expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
    // Or something is missing from it.
    expect(bytes).toBeGreaterThan(MAX_BYTES / 2);
    expect(eager.length).toBeLessThanOrEqual(2);
  });

  it('holds the file for readers alone, and later nothing that writes', () => {
    const filesOf = (some: readonly Chunk[]): string[] => some.flatMap(({ files }) => files);
    const own = filesOf(eager).filter((file) => file !== PAGE_FILE);
    expect(own.sort()).toEqual(['reader.js', 'xxh64-wasm.js']);
    expect(filesOf(chunks)).toContain('verifier.js');
    expect(filesOf(chunks).filter((file) => /^(?:library|index|log|text)\.js$/.test(file))).toEqual([]);
  });

  it(`loads at most ${MAX_HTTP_BYTES} bytes more when it first opens a URL`, () => {
    const http = chunks.filter(({ name }) => name.includes('http-reading'));
    expect(http).toHaveLength(1);
    const bytes = bytesOf(withImports(http, chunks).filter((chunk) => !eager.includes(chunk)));
    process.stdout.write(`and to read by HTTP: ${bytes} bytes more\n`);
    expect(bytes).toBeLessThanOrEqual(MAX_HTTP_BYTES);
    expect(bytes).toBeGreaterThan(1024);
  });
});

describe('the file for readers', () => {
  it('imports nothing but the checksum', () => {
    buildCommand();
    const imports = readFileSync(join(BUNDLER, 'reader.js'), 'utf8').match(
      /(?:^|;)import\b[^('"`]*['"`][^'"`]*/g,
    );
    expect(imports?.map((text) => text.replace(/^.*['"`]/s, ''))).toEqual(['#wasm/xxh64']);
  });

  it('holds nothing that writes and no decoder that few stores need', () => {
    const files = new Map(sourceFiles().map(({ path, text }) => [path, text]));
    // As rolldown.config.js puts it together.
    const modules = new Set(['store/open-store.ts', 'io/register.ts']);
    for (const path of modules) {
      for (const specifier of staticImportsOf(files.get(path) as string)) {
        modules.add(specifier.startsWith('.') ? resolveImport(path, specifier) : specifier);
      }
    }
    expect([...modules]).toContain('store/read/store-reader.ts');
    const odd =
      /^store\/(?!open-store|manifest\/|read\/)|manifest\/(?:commit|store-draft)|^partition\/(?:check\/|\w+-writer)|^compression\/(?!compressions|implementations)|^codec\/(?:keys\/(?:tuple|scalar|custom)|values\/(?:typed|msgpack|json\.)|temporal)|io\/memory|^[^.]+$/;
    expect([...modules].filter((path) => odd.test(path))).toEqual([]);
  });
});

it('the page of the server has at most 60 KB of script, gzipped', () => {
  const assets = new URL('../../dist/page/assets/', import.meta.url);
  const [script, ...others] = readdirSync(assets).filter((name) => name.endsWith('.js'));
  expect(others).toEqual([]);
  expect(gzipSync(readFileSync(new URL(script, assets))).length).toBeLessThan(60_000);
});
