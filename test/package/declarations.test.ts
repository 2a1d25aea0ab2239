import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPOSITORY, resolveImport, withoutComments } from './source-files.ts';

const MODULES = join(REPOSITORY, 'dist/modules/');

/** The declarations of every entry that the package exports. */
function entries(): string[] {
  const { exports } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
    exports: object;
  };
  const found = new Set<string>();
  const walk = (value: unknown, name: string): void => {
    if (typeof value === 'object' && value !== null)
      for (const [key, one] of Object.entries(value)) walk(one, key);
    else if (name === 'types') found.add(String(value).replace('./dist/modules/', ''));
  };
  walk(exports, '');
  return [...found];
}

/** Reads the declarations of a module. */
type Read = (path: string) => string;

const built: Read = (path) => readFileSync(join(MODULES, path), 'utf8');

/** What a module declares, and where the names that it imports or passes on come from. */
interface Module {
  readonly declared: ReadonlyMap<string, string>;
  readonly imported: ReadonlyMap<string, readonly [path: string, name: string]>;
  readonly exported: ReadonlyMap<string, readonly [path: string, name: string]>;
  readonly everythingOf: readonly string[];
}

/** The compiler writes each statement from the first column on, which is all that has to be known here. */
function parse(path: string, text: string): Module {
  const declared = new Map<string, string>();
  const imported = new Map<string, readonly [string, string]>();
  const exported = new Map<string, readonly [string, string]>();
  const everythingOf: string[] = [];
  for (const statement of withoutComments(text).split(/^(?=export |declare |import |type |interface )/m)) {
    const from = /from ['"](\.[^'"]+)['"]/.exec(statement)?.[1];
    const source = from && resolveImport(path, from.replace(/\.(?:ts|js)$/, '.d.ts'));
    const list = /^(?:import|export)\s+(?:type\s+)?\{([^}]*)\}/.exec(statement)?.[1];
    if (list !== undefined) {
      for (const item of list.split(',')) {
        const [name, alias = name] = item
          .trim()
          .replace(/^type\s+/, '')
          .split(/\s+as\s+/);
        if (name !== '' && statement.startsWith('import') && source) imported.set(alias, [source, name]);
        if (name !== '' && statement.startsWith('export')) exported.set(alias, [source ?? path, name]);
      }
    } else if (/^export \*/.test(statement) && source) everythingOf.push(source);
    const name = /^(?:export )?(?:declare )?(?:abstract )?(?:class|interface|type|function|const) (\w+)/.exec(
      statement,
    )?.[1];
    if (name !== undefined) {
      declared.set(name, `${declared.get(name) ?? ''}${statement}`);
      if (statement.startsWith('export')) exported.set(name, [path, name]);
    }
  }
  return { declared, imported, exported, everythingOf };
}

/** The declarations that a user of an entry can get at, by path and name: its exports, what these name, and so on. */
function reachable(entry: string, read: Read): Map<string, string> {
  const modules = new Map<string, Module>();
  const moduleAt = (path: string): Module => {
    let module = modules.get(path);
    if (module === undefined) {
      module = parse(path, read(path));
      modules.set(path, module);
    }
    return module;
  };
  const found = new Map<string, string>();
  const reach = (path: string, name: string): void => {
    const key = `${path}: ${name}`;
    if (found.has(key)) return;
    const { declared, imported, exported } = moduleAt(path);
    const text = declared.get(name);
    if (text === undefined) {
      const source = imported.get(name) ?? exported.get(name);
      if (source !== undefined) reach(...source);
      return;
    }
    found.set(key, text);
    for (const [word] of text.matchAll(/[A-Za-z_]\w*/g)) {
      if (word !== name && declared.has(word)) reach(path, word);
      const source = imported.get(word);
      if (source !== undefined) reach(...source);
    }
  };
  const reachAll = (path: string): void => {
    const { exported, everythingOf } = moduleAt(path);
    for (const source of exported.values()) reach(...source);
    for (const source of everythingOf) reachAll(source);
  };
  reachAll(entry);
  return found;
}

/** Where the library's inner types live. */
const INTERNAL =
  /^(?:bytes|format|partition\/cache|store\/(?:write\/(?:store-builder|entry-sink|sort)|read\/(?:partition-set|entry-decoder)|manifest\/(?:store-d|manifest|commit)|merge\/merge-)|log\/log-source|io\/host\.)/;

/** Types that users name, although they live where the inner ones do. */
const PUBLIC = ['CompressionName'];

/** Classes that users may make themselves. */
const CONSTRUCTED = ['errors.d.ts', 'codec/canonical-json.d.ts', 'level/cairn-level.d.ts'];

/** What a user sees and should not: types of the library's inside, and constructors. */
function internalsIn(entry: string, read: Read): string[] {
  const wrong: string[] = [];
  for (const [key, text] of reachable(entry, read)) {
    const [path, name] = key.split(': ');
    const isType = /^(?:export )?(?:declare )?(?:abstract )?(?:class|interface|type) /.test(text);
    if (isType && INTERNAL.test(path) && !PUBLIC.includes(name)) wrong.push(`${key} is a type of the inside`);
    if (/\bconstructor\(/.test(text) && !CONSTRUCTED.includes(path)) wrong.push(`${key} has a constructor`);
  }
  return wrong;
}

describe('the declarations that users see', () => {
  it('are those of these entries', () => {
    expect(entries()).toEqual(
      expect.arrayContaining(['index.d.ts', 'node/index.d.ts', 'node/log.d.ts', 'io/index.d.ts']),
    );
  });

  it.each(entries())('of %s show no parameter, constructor or type that is not theirs', (entry) => {
    expect(reachable(entry, built).size).toBeGreaterThan(2);
    expect(internalsIn(entry, built)).toEqual([]);
  });

  it('are found through every file between', () => {
    const found = [...reachable('node/index.d.ts', built).keys()];
    expect(found).toContain('store/read/store-reader.d.ts: StoreReader');
    expect(found).toContain('partition/check/verify-problem.d.ts: VerifyProblem');
    expect(found).toContain('store/read/range.d.ts: Range');
  });

  it.each<[what: string, path: string, before: string, after: string, found: string]>([
    [
      'a host',
      'store/rename-store.d.ts',
      'export declare function renameStore(',
      'import type { Host } from "../io/host.ts";\nexport declare function renameStore(host: Host, ',
      'io/host.d.ts: Host is a type of the inside',
    ],
    [
      'a constructor',
      'store/read/store-reader.d.ts',
      '#private;',
      '#private; constructor(info: object);',
      'store/read/store-reader.d.ts: StoreReader has a constructor',
    ],
    [
      'a type of the inside',
      'store/read/store-reader.d.ts',
      '#private;',
      '#private; readonly set: PartitionSet;',
      'store/read/partition-set.d.ts: PartitionSet is a type of the inside',
    ],
  ])('are found to show %s that is planted', (_, where, before, after, found) => {
    const changed: Read = (path) => {
      const text = built(path);
      if (path !== where) return text;
      expect(text).toContain(before);
      return text.replace(before, after);
    };
    expect(internalsIn('index.d.ts', changed)).toContain(found);
  });
});
