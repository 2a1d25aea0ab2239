import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { buildCommand } from '../support/built-command.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';
import { REPOSITORY } from './source-files.ts';

const at = directoryPerTest();

beforeAll(buildCommand, 180_000);

/** What the declarations name. */
const PACKAGES = ['@msgpack/msgpack', 'fflate', 'fzstd', 'temporal-spec', 'stream-chain'];

it('the declarations compile for a page, without the types of Node, and are checked themselves', () => {
  cpSync(join(REPOSITORY, 'dist/modules'), at('node_modules/cairnkv/dist/modules'), { recursive: true });
  cpSync(join(REPOSITORY, 'package.json'), at('node_modules/cairnkv/package.json'));
  for (const name of PACKAGES) {
    mkdirSync(dirname(at(`node_modules/${name}`)), { recursive: true });
    symlinkSync(join(REPOSITORY, 'node_modules', name), at(`node_modules/${name}`));
  }
  writeFileSync(
    at('page.ts'),
    [
      'cairnkv',
      'cairnkv/batch',
      'cairnkv/collection',
      'cairnkv/log',
      'cairnkv/namespace',
      'cairnkv/server',
      'cairnkv/table',
      'cairnkv/text',
      'cairnkv/inspect',
      'cairnkv/storage',
      'cairnkv/s3',
      'cairnkv/azure',
    ]
      .map((name, i) => `import * as entry${i} from '${name}';\nexport { entry${i} };\n`)
      .join(''),
  );
  const compilerOptions = {
    module: 'esnext',
    moduleResolution: 'bundler',
    target: 'es2022',
    lib: ['es2022', 'dom'],
    types: [],
    strict: true,
    noEmit: true,
    skipLibCheck: false,
  };
  writeFileSync(at('tsconfig.json'), JSON.stringify({ compilerOptions, files: ['page.ts'] }));
  const tsc = join(REPOSITORY, 'node_modules/typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', at('.')], { encoding: 'utf8' });
  expect(stdout).toBe('');
});
