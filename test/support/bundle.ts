import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { temporaryDirectory } from './temporary-directory.ts';

/** A TypeScript module made into one that every Node runs by itself, and how to remove it. */
export interface Bundle {
  readonly file: string;
  remove(): void;
}

/** Bundles a module of the tests, with the library's present sources in it. */
export async function bundle(module: URL): Promise<Bundle> {
  const directory = temporaryDirectory();
  const file = join(directory, 'bundle.mjs');
  const build = await rolldown({
    input: fileURLToPath(module),
    platform: 'node',
    external: [/^node:/, '@bokuweb/zstd-wasm'],
    logLevel: 'silent',
    // All of it: package.json speaks of the built files, not of the sources.
    treeshake: false,
    // What the oldest Node that we support understands.
    transform: { target: 'node20' },
  });
  await build.write({ file, format: 'esm', codeSplitting: false });
  await build.close();
  return { file, remove: () => rmSync(directory, { recursive: true, force: true }) };
}
