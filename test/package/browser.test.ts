import { builtinModules } from 'node:module';
import vm from 'node:vm';
import { rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';
import { buildCommand } from '../support/built-command.ts';
import { importsOf, REPOSITORY, resolveImport, sourceFiles, withoutComments } from './source-files.ts';

const files = new Map(sourceFiles().map(({ path, text }) => [path, text]));

/** Every module that some import, directly or not; and every package. */
function reachableFrom(...entries: string[]): { modules: Set<string>; packages: Set<string> } {
  const modules = new Set<string>();
  const packages = new Set<string>();
  const visit = (path: string): void => {
    if (modules.has(path)) return;
    const text = files.get(path);
    if (text === undefined) throw new Error(`${path} does not exist`);
    modules.add(path);
    for (const specifier of importsOf(text)) {
      if (specifier.startsWith('.')) visit(resolveImport(path, specifier));
      else packages.add(specifier);
    }
  };
  for (const entry of entries) visit(entry);
  return { modules, packages };
}

/** Names that only Node knows. */
const NODE_ONLY =
  /(?<![.\w$'"`-])(?:process|Buffer|__dirname|__filename|require|setImmediate|global)\b(?!['"`:?]|\s*[:?])/;

describe('the entries for browsers', () => {
  const { modules, packages } = reachableFrom('index.ts', 'log/index.ts');

  it('reaches most of the library, and no module for Node', () => {
    expect(modules.size).toBeGreaterThan(40);
    expect([...modules].filter((path) => /^(?:node|cli|server)\//.test(path))).toEqual([]);
    const builtin = new Set(builtinModules);
    expect([...packages].filter((name) => name.startsWith('node:') || builtin.has(name))).toEqual([]);
    expect([...packages].sort()).toEqual(
      [
        '@bokuweb/zstd-wasm',
        '@msgpack/msgpack',
        'fflate',
        'fzstd',
        'temporal-polyfill',
        'temporal-spec',
        'xxhash-wasm',
      ].filter((name) => packages.has(name)),
    );
  });

  it('imports a polyfill only when it is needed', () => {
    const eager = [...files].filter(([, text]) =>
      /^import (?!type).*'temporal-polyfill'/m.test(withoutComments(text)),
    );
    expect(eager).toEqual([]);
    expect(files.get('codec/temporal.ts')).toContain("await import('temporal-polyfill')");
  });

  it('speaks of nothing that only Node has', () => {
    for (const path of modules) {
      const found = NODE_ONLY.exec(withoutStrings(withoutComments(files.get(path) as string)));
      expect(found?.[0], path).toBeUndefined();
    }
    expect(NODE_ONLY.test('const a = Buffer.from(b);')).toBe(true);
    expect(NODE_ONLY.test('if (process.platform) return;')).toBe(true);
  });

  it('for buckets needs no more than a package for signatures', () => {
    const reached = reachableFrom('io/s3/index.ts');
    expect([...reached.packages]).toEqual(['aws4fetch']);
    for (const path of reached.modules) {
      expect(path).toMatch(/^(?:io\/(?!azure\/)|bytes|check-options|errors|missing-package|when-aborted)/);
      const found = NODE_ONLY.exec(withoutStrings(withoutComments(files.get(path) as string)));
      expect(found?.[0], path).toBeUndefined();
    }
  });

  it('for containers needs no package', () => {
    const reached = reachableFrom('io/azure/index.ts');
    expect([...reached.packages]).toEqual([]);
    for (const path of reached.modules) {
      expect(path).toMatch(/^(?:io\/(?!s3\/)|bytes|check-options|errors|when-aborted)/);
      const found = NODE_ONLY.exec(withoutStrings(withoutComments(files.get(path) as string)));
      expect(found?.[0], path).toBeUndefined();
    }
  });

  it('works where nothing of Node is, made smaller by a bundler that believes package.json', async () => {
    buildCommand();
    const build = await rolldown({
      input: EXAMPLE_FILE,
      platform: 'browser',
      external: ['@bokuweb/zstd-wasm'],
      logLevel: 'silent',
      transform: { target: 'es2022' },
      plugins: [
        {
          name: 'example',
          resolveId: (id) => (id === EXAMPLE_FILE ? id : undefined),
          load: (id) => (id === EXAMPLE_FILE ? EXAMPLE : undefined),
        },
      ],
    });
    const { output } = await build.generate({
      format: 'iife',
      name: 'result',
      codeSplitting: false,
      exports: 'named',
    });
    await build.close();
    // What every browser has.
    const context = vm.createContext({
      TextEncoder,
      TextDecoder,
      WebAssembly,
      URL,
      AbortController,
      AbortSignal,
      crypto,
      atob,
      btoa,
      structuredClone,
      queueMicrotask,
    });
    const result = vm.runInContext(`${output[0].code}; result`, context) as { run: () => Promise<string> };
    expect(JSON.parse(await result.run())).toEqual({
      count: 3,
      b: { deep: [1, null] },
      keys: ['a', 'b', 'c'],
      ok: true,
      typed: ['Temporal.Duration', 'P5D'],
      file: 'UNSUPPORTED',
      records: [
        [0, 0, 'bob', '2'],
        [1, 0, 'alice', '1'],
        [1, 1, null, '3'],
      ],
    });
  });
});

function withoutStrings(code: string): string {
  return code.replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g, "''");
}

/** Where it seems to lie: in the package, whose name it may import. */
const EXAMPLE_FILE = `${REPOSITORY}test/package/example.js`;

const EXAMPLE = `
  import { Temporal } from '${REPOSITORY}node_modules/temporal-polyfill/index.js';
  import { createStore, openStore, verifyStore } from 'cairnkv';
  import { createLog, openLog } from 'cairnkv/log';
  export async function run() {
    await createStore('memory:fruit').put('a', 1).put('b', { deep: [1, null] }).put('c', 'x').close();
    const store = await openStore('memory:fruit');
    const keys = [];
    for await (const key of store.keys()) keys.push(key);
    await createStore('memory:typed', { valueEncoding: 'typed' })
      .put('a', Temporal.Duration.from('P5D')).close();
    const typed = await openStore('memory:typed').get('a');
    const file = await openStore('/tmp/nothing').catch((error) => error.code);
    const producer = createLog('memory:log', { buckets: 2 }).send('alice', '1').send('bob', '2');
    await producer.send(null, '3', { bucket: 1 }).close();
    const records = [];
    for await (const record of openLog('log:memory:log')) {
      records.push([record.bucket, record.offset, record.keyString(), record.valueString()]);
    }
    return JSON.stringify({
      count: await store.count(),
      b: store.getSync('b'),
      keys,
      ok: (await verifyStore('memory:fruit')).ok,
      typed: [typed[Symbol.toStringTag], String(typed)],
      file,
      records,
    });
  }
`;
