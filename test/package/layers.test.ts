import { describe, expect, it } from 'vitest';
import { checkLayers, LAYERS } from './layers.ts';
import { importsOf, sourceFiles } from './source-files.ts';

/** What the check says of one module more. */
function planted(path: string, text: string): string[] {
  return checkLayers([...sourceFiles(), { path, text }]).violations;
}

describe('the layers', () => {
  it('are kept: imports point down, siblings do not touch', () => {
    const { violations, imports } = checkLayers(sourceFiles());
    expect(violations).toEqual([]);
    expect(imports).toBeGreaterThan(150);
    expect(sourceFiles().length).toBeGreaterThan(60);
  });

  it.each([
    [
      'an import that points up',
      'bytes/planted.ts',
      "import { openStore } from '../store/open-store.ts';",
      'lies above',
    ],
    [
      'an import of a type that points up',
      'io/planted.ts',
      "import type { Range } from '../store/range.ts';",
      'lies above',
    ],
    [
      'a sibling in the second layer',
      'codec/planted.ts',
      "import { HEADER } from '../format/layout.ts';",
      'a sibling',
    ],
    [
      'a sibling among the features',
      'text/planted.ts',
      "export { inspectFile } from '../inspect/index.ts';",
      'a sibling',
    ],
    ['a feature in the store', 'store/planted.ts', "import '../text/index.ts';", 'lies above'],
    [
      'an import when needed',
      'format/planted.ts',
      "const later = await import('../node/file-sink.ts');",
      'lies above',
    ],
    [
      'the entry in the store',
      'store/planted.ts',
      "import { createStore } from '../index.ts';",
      'lies above',
    ],
    ['a module of Node', 'store/planted.ts', "import * as fs from 'node:fs';", 'outside of'],
    ['a module of Node in the entry', 'index.ts', "import 'node:fs';", 'outside of'],
    ['a folder without a row', 'utils/planted.ts', 'export {};', 'no row'],
    [
      'an import over several lines',
      'io/planted.ts',
      "import {\n  a,\n  b,\n} from '../codec/codec.ts';",
      'a sibling',
    ],
    ['an export of everything', 'io/planted.ts', "export * from '../codec/codec.ts';", 'a sibling'],
    [
      'a partition that knows stores',
      'partition/planted.ts',
      "import { Manifest } from '../store/manifest/manifest.ts';",
      'lies above',
    ],
    [
      'a manifest that knows writers',
      'store/manifest/planted.ts',
      "import { StoreWriter } from '../write/store-writer.ts';",
      'must not know',
    ],
    [
      'a writer that reads',
      'store/write/planted.ts',
      "import type { Range } from '../read/range.ts';",
      'must not know',
    ],
    [
      'a reader that writes',
      'store/read/planted.ts',
      "import { StoreBuilder } from '../write/store-builder.ts';",
      'must not know',
    ],
    [
      'a verification that reads',
      'store/verify/planted.ts',
      "import { StoreReader } from '../read/store-reader.ts';",
      'must not know',
    ],
    [
      'a salvage that merges',
      'store/salvage/planted.ts',
      "import { Merger } from '../merge/merger.ts';",
      'must not know',
    ],
    [
      'a room that uses a verb',
      'store/merge/planted.ts',
      "import { openStore } from '../open-store.ts';",
      'must not know',
    ],
    ['a room without a row', 'store/misc/planted.ts', "import '../manifest/manifest.ts';", 'no row'],
    [
      'keys that know values',
      'codec/keys/planted.ts',
      "import { JsonCodec } from '../values/json.ts';",
      'must not know',
    ],
    [
      'a cache that checks',
      'partition/cache/planted.ts',
      "import { verifyPartition } from '../check/verify-partition.ts';",
      'must not know',
    ],
    [
      'a word that prints',
      'cli/words/planted.ts',
      "import type { Io } from '../terminal/io.ts';",
      'must not know',
    ],
    [
      'a terminal that runs commands',
      'cli/terminal/planted.ts',
      "import { get } from '../commands/get.ts';",
      'must not know',
    ],
    ['a module that imports itself', 'io/planted.ts', "import './planted.ts';", 'in a circle'],
  ])('do not bear %s', (_, path, text, complaint) => {
    const violations = planted(path, text);
    expect(violations.length).toBe(1);
    expect(violations[0]).toContain(complaint);
  });

  it('do not bear a circle', () => {
    const { violations } = checkLayers([
      ...sourceFiles(),
      { path: 'io/one.ts', text: "import './two.ts';" },
      { path: 'io/two.ts', text: "import type { Three } from './three.ts';" },
      { path: 'io/three.ts', text: "const one = await import('./one.ts');" },
      { path: 'io/beside.ts', text: "import './one.ts';" },
    ]);
    expect(violations).toEqual(['these import each other in a circle: io/one.ts, io/three.ts, io/two.ts']);
  });

  it('bear what points down', () => {
    expect(planted('store/planted.ts', "import { HEADER } from '../format/layout.ts';")).toEqual([]);
    expect(planted('cli/planted.ts', "import 'node:fs';\nimport '../node/index.ts';")).toEqual([]);
  });

  it('hold every folder once', () => {
    expect(new Set(LAYERS.flat()).size).toBe(LAYERS.flat().length);
  });
});

describe('`importsOf()`', () => {
  it('sees imports of all forms, and none in comments', () => {
    const text = `
      import a from 'a';
      import b, { c as d } from "b";
      import type { E } from 'e';
      import * as f from 'f';
      import 'g';
      export { h } from 'h';
      export type { I } from 'i';
      export * from 'j';
      export * as k from 'k';
      const l = import('l');
      // import 'no';
      /* import no from 'no'; */
      /** import { no } from 'no'; */
      const m = 'https://example.org'; import 'n';
    `;
    expect(importsOf(text).sort()).toEqual(['a', 'b', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'n']);
  });
});
