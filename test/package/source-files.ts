import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The repository's root, with a slash at the end. */
export const REPOSITORY: string = fileURLToPath(new URL('../../', import.meta.url));

/** A module of the library. */
export interface SourceFile {
  /** From `src/` on, such as `store/read/range.ts`. */
  readonly path: string;
  readonly text: string;
}

/** Every TypeScript module below `src/`. */
export function sourceFiles(): SourceFile[] {
  return readdirSync(`${REPOSITORY}src`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => `${entry.parentPath}/${entry.name}`)
    .sort()
    .map((file) => ({ path: file.slice(`${REPOSITORY}src/`.length), text: readFileSync(file, 'utf8') }));
}

/** The text without its comments, which may hold examples; strings stay as they are. */
export function withoutComments(text: string): string {
  return text.replace(
    /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (_, string: string | undefined) => string ?? '',
  );
}

/** What a module imports, for its types or its values, once or when it is needed, and what it exports of others. */
export function importsOf(text: string): string[] {
  const code = withoutComments(text);
  const found: string[] = [];
  for (const pattern of [
    /\b(?:import|export)\s+(?:type\s+)?(?:[\w*{}\s,$]+?)\s+from\s*['"]([^'"]+)['"]/g,
    /(?:^|[;\n])\s*import\s*['"]([^'"]+)['"]/g,
    /\bimport\s*\(\s*['"]([^'"]+)['"]/g,
  ]) {
    for (const match of code.matchAll(pattern)) found.push(match[1]);
  }
  return found;
}

/** What a module imports whenever it is imported itself: neither types nor what it imports when that is needed. */
export function staticImportsOf(text: string): string[] {
  const code = withoutComments(text)
    .replace(/\bimport\s*\([^)]*\)/g, '')
    .replace(/\b(?:import|export)\s+type\s[^;]*;/g, '');
  return importsOf(code);
}

/** The path, from `src/` on, that a relative import of a module names. */
export function resolveImport(from: string, specifier: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}
