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

  it('for workerd are those for bundlers, and compile no bytes', () => {
    const { exports, sideEffects } = JSON.parse(readFileSync(`${REPOSITORY}package.json`, 'utf8')) as {
      exports: Record<string, string | Record<string, unknown>>;
      sideEffects: string[];
    };
    const forWorkerd = (path: string): string => path.replace('/bundler/', '/workerd/');
    for (const conditions of Object.values(exports).filter((entry) => typeof entry !== 'string')) {
      const { workerd } = conditions as { workerd?: string | { default: string } };
      const file = typeof workerd === 'string' ? workerd : workerd?.default;
      expect(file).toBe(forWorkerd(conditions.default as string));
    }
    const effects = sideEffects.filter((path) => path.includes('/bundler/'));
    expect(sideEffects).toEqual(expect.arrayContaining(effects.map(forWorkerd)));
    for (const name of readdirSync(join(DIST, 'workerd')).filter((path) => path.endsWith('.js')))
      expect(readFileSync(join(DIST, 'workerd', name), 'utf8'), name).not.toContain('AGFzbQ');
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
