import { readFileSync } from 'node:fs';
import { REPOSITORY } from './source-files.ts';

/** The modules in src/ that package.json says do something when they are imported: bundlers keep these. */
export function modulesWithSideEffects(): ReadonlySet<string> {
  const { sideEffects } = JSON.parse(readFileSync(`${REPOSITORY}package.json`, 'utf8')) as {
    sideEffects: string[];
  };
  return new Set(
    sideEffects.map((path) => path.replace('./dist/modules/', `${REPOSITORY}src/`).replace(/\.js$/, '.ts')),
  );
}
