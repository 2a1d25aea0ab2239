import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { importsOf, REPOSITORY, resolveImport, sourceFiles, staticImportsOf } from './source-files.ts';

const files = new Map(sourceFiles().map(({ path, text }) => [path, text]));

const { dependencies, optionalDependencies, peerDependencies, devDependencies } = JSON.parse(
  readFileSync(`${REPOSITORY}package.json`, 'utf8'),
) as Record<string, Record<string, string>>;

/** Packages that the command contains: see BUNDLED in rolldown.config.js. */
const BUNDLED = ['commander'];

/** Packages that the page of the server contains, which is built into dist/page. */
const OF_THE_PAGE = ['lit', 'uplot'];

/** The entries that import optional packages before they run, because what they give is there at once. */
const NEEDED_BY: Readonly<Record<string, readonly string[]>> = {
  'index.ts': [],
  'node/index.ts': [],
  'node/batch.ts': [],
  'node/collection.ts': [],
  'node/level.ts': ['abstract-level'],
  'node/log.ts': [],
  'node/namespace.ts': [],
  'node/inspect.ts': [],
  'node/table.ts': [],
  'node/server.ts': [],
  'io/index.ts': [],
  'io/conformance/index.ts': [],
  'io/azure/index.ts': [],
  'io/s3/index.ts': [],
  'text/index.ts': ['stream-chain', 'stream-json'],
  'cli/main.ts': [],
  'cli/program.ts': ['commander'],
};

/** `@scope/name/file.js` is of the package `@scope/name`. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function isPackage(specifier: string): boolean {
  return !specifier.startsWith('.') && !specifier.startsWith('node:');
}

/** The packages that are loaded with a module, whatever it does then. */
function packagesLoadedWith(entry: string): Set<string> {
  const packages = new Set<string>();
  const modules = new Set([entry]);
  for (const path of modules) {
    for (const specifier of staticImportsOf(files.get(path) as string)) {
      if (specifier.startsWith('.')) modules.add(resolveImport(path, specifier));
      else if (isPackage(specifier)) packages.add(packageOf(specifier));
    }
  }
  return packages;
}

describe('the packages that package.json names', () => {
  it('are those that the sources import', () => {
    const imported = new Set<string>();
    for (const [path, text] of files) {
      for (const specifier of importsOf(text).filter(isPackage)) {
        const name = packageOf(specifier);
        imported.add(name);
        if (BUNDLED.includes(name)) expect(path).toMatch(/^cli\//);
        if (OF_THE_PAGE.includes(name)) expect(path).toMatch(/^server\/page\//);
      }
    }
    const declared = [dependencies, optionalDependencies, peerDependencies]
      .flatMap(Object.keys)
      .concat(BUNDLED, OF_THE_PAGE);
    expect([...imported].sort()).toEqual(declared.sort());
    expect(Object.keys(devDependencies)).toEqual(expect.arrayContaining([...BUNDLED, ...OF_THE_PAGE]));
  });

  it.each(Object.entries(NEEDED_BY))('%s needs no optional one but %j', (entry, needed) => {
    const optional = [...packagesLoadedWith(entry)].filter((name) => !(name in dependencies));
    expect(optional.sort()).toEqual(needed);
  });
});
