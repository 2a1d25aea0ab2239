import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStore } from '../../src/node/index.ts';
import { buildCommand } from '../support/built-command.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { REPOSITORY } from './source-files.ts';

const HAS_NATIVE_ZSTD = 'zstdCompressSync' in (await import('node:zlib'));

let root: string;

beforeAll(async () => {
  await buildCommand();
  root = temporaryDirectory();
  await createStore(join(root, 'zstd'), { compression: 'zstd' }).put('a', 'x'.repeat(1000)).close();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Bundles a program that uses the built package, all of it in one file, and returns what it prints. */
async function run(format: 'cjs' | 'esm', program: string): Promise<string> {
  const file = join(root, `app.${format === 'cjs' ? 'cjs' : 'mjs'}`);
  const source = join(root, 'app.js');
  writeFileSync(source, program);
  await build({
    entryPoints: [source],
    outfile: file,
    bundle: true,
    platform: 'node',
    format,
    alias: { cairnkv: join(REPOSITORY, 'dist/node/index.js') },
    logLevel: 'silent',
    // Packages of CommonJS require modules of Node.
    banner:
      format === 'esm'
        ? {
            js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
          }
        : {},
  });
  const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: root });
  return stdout;
}

describe.each(['cjs', 'esm'] as const)('a program bundled to %s', (format) => {
  it('reads stores that are compressed by zstd', async () => {
    const printed = await run(
      format,
      `import { openStore, verifyStore } from 'cairnkv';
      (async () => {
        const store = await openStore('zstd');
        console.log(store.getSync('a').length, (await verifyStore('zstd')).ok);
      })();`,
    );
    expect(printed).toBe('1000 true\n');
  });

  it('writes with zstd where Node has it, or says what is to be done', async () => {
    const printed = await run(
      format,
      `import { createStore } from 'cairnkv';
      createStore('written-${format}', { compression: 'zstd' }).put('a', 1).close().then(
        (info) => console.log(info.count),
        (error) => console.log(error.code, error.message),
      );`,
    );
    if (HAS_NATIVE_ZSTD) {
      expect(printed).toBe('1\n');
    } else {
      expect(printed).toContain('UNSUPPORTED');
      expect(printed).toContain('external');
      expect(printed).not.toContain('page');
    }
  });
});
