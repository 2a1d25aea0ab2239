import { importsOf, resolveImport, type SourceFile } from './source-files.ts';

/**
 * The layers, lowest first. A module imports from lower layers and from its own folder; folders of one layer don't
 * know each other.
 */
export const LAYERS: readonly (readonly string[])[] = [
  ['errors.ts'],
  ['bytes', 'check-options.ts', 'missing-package.ts', 'progress.ts', 'when-aborted.ts'],
  ['wait-options.ts'],
  ['format', 'compression', 'codec', 'io'],
  ['partition'],
  ['store'],
  ['batch', 'text', 'inspect', 'collection', 'log'],
  ['table', 'namespace', 'level'],
  ['index.ts'],
  ['server'],
  ['node'],
  ['cli'],
];

/**
 * The rooms of a folder, by what each may import besides itself and the lower layers. `.` stands for the files that lie in
 * the folder itself.
 */
export const ROOMS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  store: {
    manifest: [],
    write: ['manifest'],
    verify: ['manifest'],
    // A page that only reads must not load what writes: these two never meet.
    read: ['manifest', 'verify'],
    salvage: ['manifest', 'write', 'verify'],
    merge: ['manifest', 'write', 'verify', 'read', 'salvage'],
    '.': ['manifest', 'write', 'verify', 'read', 'salvage', 'merge'],
  },
  collection: {
    version: [],
    read: ['version'],
    write: ['version', 'read'],
    compact: ['version', 'read', 'write'],
    '.': ['version', 'read', 'write', 'compact'],
  },
  table: {
    schema: [],
    row: ['schema'],
    read: ['schema', 'row'],
    write: ['schema', 'row'],
    catalog: ['schema'],
    text: ['schema', 'row', '.'],
    '.': ['schema', 'row', 'read', 'write', 'catalog'],
  },
  server: {
    stores: ['.'],
    files: ['.', 'stores'],
    kv: ['.'],
    // What runs in browsers is built apart from the server, and knows it by its API alone.
    page: [],
    '.': ['files', 'kv', 'stores'],
  },
  partition: {
    '.': [],
    cache: ['.'],
    check: ['.'],
  },
  cli: {
    usage: [],
    words: ['usage'],
    terminal: ['usage', 'words'],
    stores: ['usage', 'words', 'terminal'],
    commands: ['usage', 'words', 'terminal', 'stores'],
    '.': ['usage', 'words', 'terminal', 'stores', 'commands'],
  },
  codec: {
    '.': [],
    keys: ['.'],
    values: ['.'],
  },
};

/** The folders in which Node's own modules may be imported. */
const NODE_FOLDERS: readonly string[] = ['node', 'cli'];

/** Everything in the files that the tables forbid, circles included, and how many imports were looked at. */
export function checkLayers(files: readonly SourceFile[]): { violations: string[]; imports: number } {
  const violations: string[] = [];
  const graph = new Map<string, string[]>();
  let imports = 0;
  for (const { path, text } of files) {
    const targets: string[] = [];
    graph.set(path, targets);
    if (layerOf(folderOf(path)) < 0)
      violations.push(`${path}: the folder ${folderOf(path)} has no row in the table`);
    for (const specifier of importsOf(text)) {
      imports++;
      if (specifier.startsWith('.')) targets.push(resolveImport(path, specifier));
      const complaint = specifier.startsWith('.')
        ? layerComplaint(path, resolveImport(path, specifier))
        : nodeComplaint(path, specifier);
      if (complaint !== undefined) violations.push(complaint);
    }
  }
  for (const circle of circlesOf(graph))
    violations.push(`these import each other in a circle: ${circle.join(', ')}`);
  return { violations, imports };
}

function nodeComplaint(path: string, specifier: string): string | undefined {
  if (!specifier.startsWith('node:') || NODE_FOLDERS.includes(folderOf(path))) return undefined;
  return `${path} imports ${specifier} outside of ${NODE_FOLDERS.join(' and ')}`;
}

function layerComplaint(path: string, target: string): string | undefined {
  const folder = folderOf(path);
  const targetFolder = folderOf(target);
  const layer = layerOf(folder);
  const targetLayer = layerOf(targetFolder);
  if (layer < 0) return undefined;
  if (targetFolder === folder) return roomComplaint(path, target);
  if (targetLayer < 0) return `${path} imports ${target}, whose folder has no row in the table`;
  if (targetLayer > layer) return `${path} imports ${target}, which lies above it`;
  if (targetLayer === layer) return `${path} imports ${target}, a sibling`;
  return undefined;
}

function roomComplaint(path: string, target: string): string | undefined {
  const rooms = ROOMS[folderOf(path)];
  if (rooms === undefined) return undefined;
  const [room, targetRoom] = [roomOf(path), roomOf(target)];
  const allowed = rooms[room];
  if (allowed === undefined) return `${path}: the room ${room} has no row in the table`;
  if (room === targetRoom || allowed.includes(targetRoom)) return undefined;
  return `${path} imports ${target}, a room that ${room} must not know`;
}

/** The sets of modules that reach each other, each sorted. (Tarjan's algorithm.) */
function circlesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const open = new Set<string>();
  const visit = (path: string): void => {
    order.set(path, order.size);
    lowest.set(path, order.get(path)!);
    stack.push(path);
    open.add(path);
    for (const target of graph.get(path) ?? []) {
      if (!order.has(target)) visit(target);
      if (open.has(target)) lowest.set(path, Math.min(lowest.get(path)!, lowest.get(target)!));
    }
    if (lowest.get(path) !== order.get(path)) return;
    const members = stack.splice(stack.indexOf(path));
    for (const member of members) open.delete(member);
    if (members.length > 1 || graph.get(path)?.includes(path)) found.push(members.sort());
  };
  for (const path of graph.keys()) if (!order.has(path)) visit(path);
  return found;
}

function folderOf(path: string): string {
  return path.split('/')[0];
}

function roomOf(path: string): string {
  const [, room, ...rest] = path.split('/');
  return rest.length === 0 ? '.' : room;
}

function layerOf(folder: string): number {
  return LAYERS.findIndex((folders) => folders.includes(folder));
}
