import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import * as cairnkv from 'cairnkv';
import * as inspect from 'cairnkv/inspect';
import * as log from 'cairnkv/log';
import * as storage from 'cairnkv/storage';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildCommand } from '../support/built-command.ts';
import { REPOSITORY } from './source-files.ts';

const DIST = `${REPOSITORY}dist`;

/** The files that are loaded with one of dist/, and the modules outside that they import. */
function loadedWith(entry: string): { files: string[]; others: Set<string> } {
  const files = new Set([join(DIST, entry)]);
  const others = new Set<string>();
  for (const file of files) {
    for (const [, specifier] of readFileSync(file, 'utf8').matchAll(
      /(?:^|[;\n}])\s*(?:import|export)(?:[^'"();]*?\bfrom)?\s*["']([^"']+)["']/g,
    )) {
      if (specifier.startsWith('.')) files.add(join(dirname(file), specifier));
      else others.add(specifier);
    }
  }
  return { files: [...files].map((file) => relative(DIST, file)), others };
}

describe('the bundles', () => {
  beforeAll(buildCommand);

  it('for Node load one file for the library, and nothing but modules of Node', () => {
    const { files, others } = loadedWith('node/index.js');
    expect(files).toEqual(['node/index.js', 'node/library.js']);
    expect([...others].filter((name) => !name.startsWith('node:'))).toEqual([]);
    expect(loadedWith('node/log.js').files).toContain('node/library.js');
  });

  it('for pages load one file for the library, and no package', () => {
    const { files, others } = loadedWith('browser/index.js');
    expect(files).toEqual(['browser/index.js']);
    expect([...others]).toEqual([]);
  });

  it('for workerd are those for bundlers, with WebAssembly that is compiled beforehand', () => {
    const { exports, imports } = JSON.parse(readFileSync(`${REPOSITORY}package.json`, 'utf8')) as {
      exports: Record<string, string | Record<string, unknown>>;
      imports: Record<string, Record<string, string>>;
    };
    for (const conditions of Object.values(exports).filter((entry) => typeof entry !== 'string')) {
      const { workerd } = conditions as { workerd?: string | { default: string } };
      const file = typeof workerd === 'string' ? workerd : workerd?.default;
      expect(file).toBe(conditions.default);
    }
    const names = ['entry-digest', 'flipped-bit', 'xxh64'];
    const { workerd, default: others } = imports['#wasm/*'];
    const textOf = (pattern: string, name: string): string =>
      readFileSync(join(REPOSITORY, pattern.replace('*', name)), 'utf8');
    for (const name of names) {
      expect(textOf(workerd, name)).toContain(`'./${name}.wasm'`);
      expect(textOf(others, name)).toContain('AGFzbQ');
    }
    const files = readdirSync(join(DIST, 'bundler'));
    const used = files.flatMap((file) =>
      [...readFileSync(join(DIST, 'bundler', file), 'utf8').matchAll(/#wasm\/([\w-]+)/g)].map(
        ([, name]) => name,
      ),
    );
    expect([...new Set(used)].sort()).toEqual(names);
    const compiling = files.filter((file) =>
      readFileSync(join(DIST, 'bundler', file), 'utf8').includes('AGFzbQ'),
    );
    expect(compiling.sort()).toEqual(names.map((name) => `${name}-wasm.js`));
    expect(readdirSync(join(DIST, 'workerd')).sort()).toEqual(
      names.flatMap((name) => [`${name}.js`, `${name}.wasm`]),
    );
  });

  it('point at no source maps', () => {
    const files = readdirSync(DIST, { recursive: true, encoding: 'utf8' });
    expect(files.filter((path) => path.endsWith('.map'))).toEqual([]);
    for (const path of files.filter((name) => name.endsWith('.js'))) {
      expect(readFileSync(join(DIST, path), 'utf8'), path).not.toContain('sourceMappingURL');
    }
  });

  it('share classes, registries and memory between the entries', async () => {
    expect(storage.CairnError).toBe(cairnkv.CairnError);
    expect(storage.isCairnError).toBe(cairnkv.isCairnError);

    const producer = await log.createLog('memory:bundles');
    producer.send('a', '1');
    await producer.close();
    expect(await cairnkv.storeInfo('memory:bundles')).toMatchObject({ count: 1 });

    const inspecting = (async () => {
      for await (const line of inspect.inspectFile('memory:nothing')) return line;
    })();
    expect(await inspecting.catch((error: unknown) => error)).toBeInstanceOf(cairnkv.CairnError);

    await expect(cairnkv.openStore('s3://bucket/key')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    const { registerS3 } = await import('cairnkv/s3');
    registerS3({
      endpoint: 'http://127.0.0.1:1',
      region: 'x',
      env: {},
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      fetch: async () => new Response(null, { status: 404 }),
    });
    await expect(cairnkv.openStore('s3://bucket/key')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('register a storage of the user`s own for all', async () => {
    const { MemoryStorage, memoryScheme } = await import('../../src/io/memory.ts');
    storage.registerStorage(memoryScheme(new MemoryStorage()));
    const error = await cairnkv.openStore('memory:bundles').catch((reason: unknown) => reason);
    expect(cairnkv.isCairnError(error, 'NOT_FOUND')).toBe(true);
  });
});
