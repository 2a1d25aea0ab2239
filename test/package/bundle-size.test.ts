import { gzipSync } from 'node:zlib';
import { type OutputChunk, rolldown } from 'rolldown';
import { beforeAll, describe, expect, it } from 'vitest';
import { modulesWithSideEffects } from './side-effects.ts';
import { REPOSITORY } from './source-files.ts';

/** Bytes, gzipped, of a page's own code and all that it loads before it runs. */
const MOST_BYTES = 25_000;

/** Also loaded when a page first opens a URL. */
const MOST_HTTP_BYTES = 7 * 1024;

/** A page that only reads. */
const PAGE = `
  import { openStore } from '${REPOSITORY}src/index.ts';
  globalThis.open = openStore;
`;

describe('a bundle that only opens stores', () => {
  let chunks: OutputChunk[];
  let eager: OutputChunk[];

  beforeAll(async () => {
    const effective = modulesWithSideEffects();
    const build = await rolldown({
      input: 'page',
      platform: 'browser',
      external: ['@bokuweb/zstd-wasm'],
      logLevel: 'silent',
      preserveEntrySignatures: false,
      transform: { target: 'es2022' },
      treeshake: { moduleSideEffects: (id) => effective.has(id) },
      plugins: [
        {
          name: 'page',
          resolveId: (id) => (id === 'page' ? '\0page' : undefined),
          load: (id) => (id === '\0page' ? PAGE : undefined),
        },
      ],
    });
    const { output } = await build.generate({ format: 'esm', minify: true });
    await build.close();
    chunks = output.filter((part) => part.type === 'chunk');
    eager = withImports(chunks.filter(({ isEntry }) => isEntry));
  });

  /** The chunks and what they import, directly or not, before they run. */
  function withImports(first: readonly OutputChunk[]): OutputChunk[] {
    const found = new Set(first);
    for (const chunk of found) {
      for (const name of chunk.imports) {
        const imported = chunks.find(({ fileName }) => fileName === name);
        if (imported !== undefined) found.add(imported);
      }
    }
    return [...found];
  }

  const modulesOf = (some: readonly OutputChunk[]): string[] =>
    some.flatMap(({ moduleIds }) => moduleIds.map((id) => id.replace(`${REPOSITORY}src/`, '')));

  const bytesOf = (some: readonly OutputChunk[]): number =>
    some.reduce((sum, { code }) => sum + gzipSync(code).length, 0);

  it(`is at most ${MOST_BYTES} bytes, gzipped`, () => {
    const bytes = bytesOf(eager);
    process.stdout.write(`a bundle that only opens stores: ${bytes} bytes gzipped\n`);
    expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
    // Or something is missing from it.
    expect(bytes).toBeGreaterThan(MOST_BYTES / 2);
  });

  it('holds nothing that writes, and no decoder that few stores need', () => {
    const modules = modulesOf(eager);
    expect(modules).toContain('store/read/store-reader.ts');
    const odd =
      /^store\/(?!open-store|manifest\/|read\/)|manifest\/(?:commit|store-draft)|^partition\/(?:check\/|\w+-writer)|^compression\/(?!compress)|^codec\/(?:keys\/tuple|values\/(?:typed|msgpack|json)|temporal)|io\/memory|node_modules/;
    expect(modules.filter((path) => odd.test(path))).toEqual([]);
    // Neither does what comes later.
    expect(
      modulesOf(chunks).filter((path) => /^store\/(?:write|merge|salvage)\/|manifest\/commit/.test(path)),
    ).toEqual([]);
  });

  it(`loads at most ${MOST_HTTP_BYTES} bytes more when it first opens a URL`, () => {
    const [http] = chunks.filter(({ moduleIds }) => moduleIds.some((id) => id.endsWith('/http-reading.ts')));
    const bytes = bytesOf(withImports([http]).filter((chunk) => !eager.includes(chunk)));
    process.stdout.write(`and to read by HTTP: ${bytes} bytes more\n`);
    expect(bytes).toBeLessThanOrEqual(MOST_HTTP_BYTES);
  });
});
