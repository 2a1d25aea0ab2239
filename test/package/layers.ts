import { importsOf, resolveImport, type SourceFile } from './source-files.ts';

/**
 * The layers, lowest first. A module imports from lower layers and from its own folder; folders of one layer don't
 * know each other, but for `bytes` and the errors below it.
 */
export const LAYERS: readonly (readonly string[])[] = [
  ['errors.ts'],
  ['bytes', 'check-options.ts', 'missing-package.ts'],
  ['format', 'compression', 'codec', 'io'],
  ['partition'],
  ['store'],
  ['batch', 'text', 'inspect', 'namespace', 'table', 'log'],
  ['index.ts'],
  ['node', 'server'],
  ['cli'],
];

/** The folders in which Node's own modules may be imported. */
const NODE_FOLDERS: readonly string[] = ['node', 'cli'];

/** Everything in the files that the table forbids, and how many imports were looked at. */
export function checkLayers(files: readonly SourceFile[]): { violations: string[]; imports: number } {
  const violations: string[] = [];
  let imports = 0;
  for (const { path, text } of files) {
    const folder = folderOf(path);
    const layer = layerOf(folder);
    if (layer < 0) violations.push(`${path}: the folder ${folder} has no row in the table`);
    for (const specifier of importsOf(text)) {
      imports++;
      if (specifier.startsWith('node:')) {
        if (!NODE_FOLDERS.includes(folder))
          violations.push(`${path} imports ${specifier} outside of ${NODE_FOLDERS.join(' and ')}`);
        continue;
      }
      if (!specifier.startsWith('.')) continue;
      const target = resolveImport(path, specifier);
      const targetFolder = folderOf(target);
      const targetLayer = layerOf(targetFolder);
      if (targetFolder === folder || layer < 0) continue;
      if (targetLayer < 0) violations.push(`${path} imports ${target}, whose folder has no row in the table`);
      else if (targetLayer > layer) violations.push(`${path} imports ${target}, which lies above it`);
      else if (targetLayer === layer) violations.push(`${path} imports ${target}, a sibling`);
    }
  }
  return { violations, imports };
}

function folderOf(path: string): string {
  return path.split('/')[0];
}

function layerOf(folder: string): number {
  return LAYERS.findIndex((folders) => folders.includes(folder));
}
