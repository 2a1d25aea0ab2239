// Makes the files that are loaded, of the modules that tsc has written to dist/modules: dist/node and dist/cli for Node,
// dist/bundler for the bundlers of others, dist/workerd what those for workerd take besides, dist/browser for pages without
// one. Run by `rolldown -c`.
//
// REPORT=1 lists every file with its size, its modules and what it imports.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { defineConfig } from 'rolldown';

const ROOT = fileURLToPath(new URL('.', import.meta.url));
const DIST = join(ROOT, 'dist');
const MODULES = join(DIST, 'modules');
const idOf = (path) => join(MODULES, path);

/** The public entries by name, and the module of each for Node and for browsers. */
const ENTRIES = {
  index: { node: 'node/index.js', browser: 'index.js' },
  batch: { node: 'node/batch.js', browser: 'batch/index.js' },
  collection: { node: 'node/collection.js', browser: 'collection/index.js' },
  inspect: { node: 'node/inspect.js', browser: 'inspect/index.js' },
  level: { node: 'node/level.js', browser: 'level/index.js' },
  log: { node: 'node/log.js', browser: 'log/index.js' },
  namespace: { node: 'node/namespace.js', browser: 'namespace/index.js' },
  table: { node: 'node/table.js', browser: 'table/index.js' },
  server: { node: 'node/server.js', browser: 'server/index.js' },
  storage: { node: 'io/index.js', browser: 'io/index.js' },
  conformance: { node: 'io/conformance/index.js', browser: 'io/conformance/index.js' },
  text: { node: 'text/index.js', browser: 'text/index.js' },
  azure: { node: 'io/azure/index.js', browser: 'io/azure/index.js' },
  s3: { node: 'io/s3/index.js', browser: 'io/s3/index.js' },
};

/** Entries that no page without a bundler uses: servers, jobs, and what has packages of others. */
const BUNDLED_ONLY = ['batch', 'level', 'namespace', 'server', 'table'];

/** What a program that only reads loads before it runs. */
const READER = ['store/open-store.js', 'io/register.js'];

/** What every reader loads while it opens its first store. */
const OPENING = 'partition/cache/partition-readers.js';

/** What writers load before they write: files by name. */
const WRITER = {
  'store-builder': ['store/write/store-builder.js'],
  'msgpack-codec': ['codec/values/msgpack.js'],
};

/** Packages that the command contains, so that it runs in every install. Their licenses are shipped beside it. */
const BUNDLED = ['commander'];

/** Commander can start programs as subcommands. The command has none, and loading what starts them takes 4 ms. */
const WITHOUT_PROGRAMS = {
  name: 'without-programs',
  resolveId: (specifier, importer) => (isUnusedByCommand(specifier, importer) ? '\0none' : undefined),
  load: (id) => (id === '\0none' ? 'export {};' : undefined),
};

/**
 * Takes modules of Node as they are. An `import` of one reads all that it exports, and some of that is loaded only then:
 * of node:fs and node:util, streams among others, which takes 5 ms.
 */
const MODULES_OF_NODE = {
  name: 'modules-of-node',
  transform: (code, id) =>
    id.startsWith(MODULES)
      ? code.replace(
          /^import (?:(\{[^}]*\})|\* as (\w+)|(\w+)) from ['"](node:[\w/]+)['"];$/gm,
          (_, some, all, main, name) =>
            `const ${some?.replaceAll(' as ', ': ') ?? all ?? main} = process.getBuiltinModule('${name}');`,
        )
      : undefined,
};

/** The modules that hold WebAssembly in base64, by the names of their files. */
const WASM = {
  'xxh64-wasm.js': 'XXH64_WASM',
  'entry-digest-wasm.js': 'ENTRY_DIGEST_WASM',
  'flipped-bit-wasm.js': 'FLIPPED_BIT_WASM',
};

/**
 * Leaves WebAssembly to the `imports` of package.json: in base64 for all, but from files for workerd, which compiles it when a
 * program is deployed, and not afterwards.
 */
const CHOSEN_WASM = {
  name: 'chosen-wasm',
  resolveId(specifier) {
    const name = basename(specifier);
    return WASM[name] === undefined
      ? undefined
      : { id: `#wasm/${name.replace('-wasm.js', '')}`, external: true };
  },
};

/** The files that {@link CHOSEN_WASM} leaves to be chosen: texts and bytes by path. */
async function wasmFiles() {
  const files = {};
  for (const [file, exported] of Object.entries(WASM)) {
    const { [exported]: base64 } = await import(pathToFileURL(idOf(`bytes/${file}`)));
    const name = file.replace('-wasm.js', '');
    files[`bundler/${file}`] = `export const ${exported} = '${base64}';\n`;
    files[`workerd/${name}.js`] = `export { default as ${exported} } from './${name}.wasm';\n`;
    files[`workerd/${name}.wasm`] = Buffer.from(base64, 'base64');
  }
  return files;
}

/** What `cairn/main.cjs` imports unless it is to look something up. */
const THE_OTHER_COMMANDS = {
  name: 'the-other-commands',
  resolveId: (specifier, importer) =>
    specifier === './program.js' && importer === idOf('cli/main.js')
      ? { id: '../cli/program.js', external: 'absolute' }
      : undefined,
};

function isUnusedByCommand(specifier, importer) {
  return specifier === 'node:child_process' && importer?.includes('/node_modules/commander/') === true;
}

function isExternal(id, importer) {
  if (/^[./\0]/.test(id) || isUnusedByCommand(id, importer)) return false;
  return !BUNDLED.some((name) => id === name || id.startsWith(`${name}/`));
}

/**
 * Keeps what some modules import statically in one file, so that it is one to find, to read and to import.
 *
 * @param {Record<string, string[]>} common the modules by the name of the file; what two of these need is in the first
 * @param {string} [first] the file that is loaded first: what its modules import later is a file for each module, so
 *   that who needs a part doesn't load the rest
 */
function commonFiles(common, first) {
  const fileOf = new Map();
  return {
    groups: [{ debugName: 'common', name: (id) => fileOf.get(id) ?? null }],
    plugin: {
      name: 'common-files',
      buildEnd() {
        const reachedFrom = (paths, { later }) => {
          const reached = new Set(paths.map(idOf));
          for (const id of reached) {
            const { importedIds, dynamicallyImportedIds } = this.getModuleInfo(id);
            for (const next of later ? [...importedIds, ...dynamicallyImportedIds] : importedIds) {
              if (!isExternal(next)) reached.add(next);
            }
          }
          return reached;
        };
        const add = (id, file) => fileOf.has(id) || fileOf.set(id, file);
        if (first !== undefined) {
          for (const id of reachedFrom(common[first], { later: false })) add(id, first);
          for (const id of reachedFrom(common[first], { later: true })) add(id, basename(id, '.js'));
        }
        for (const [file, paths] of Object.entries(common)) {
          for (const id of reachedFrom(paths, { later: false })) add(id, file);
        }
      },
    },
  };
}

/** Writes every file in one step, for others may be running what is there; then removes what is not made any more. */
function written(folders, others = {}) {
  return {
    name: 'written',
    generateBundle(_, bundle) {
      const files = new Map(Object.entries(others));
      for (const [path, { type, code, moduleIds, imports }] of Object.entries(bundle)) {
        if (type !== 'chunk') continue;
        files.set(path, code);
        if (process.env.REPORT === undefined) continue;
        const modules = moduleIds.map((id) => relative(MODULES, id).replace('\0', '')).join(' ');
        console.log(`${String(code.length).padStart(7)} ${path}\n        of ${modules}`);
        console.log(`        imports ${imports.join(' ')}`);
      }
      for (const [path, text] of files) {
        const target = join(DIST, path);
        mkdirSync(dirname(target), { recursive: true });
        const made = `${target}.${process.pid}`;
        writeFileSync(made, text, { mode: path === 'cairn/main.cjs' ? 0o755 : 0o644 });
        renameSync(made, target);
      }
      for (const folder of folders) {
        for (const name of readdirSync(join(DIST, folder))) {
          if (!files.has(`${folder}/${name}`))
            rmSync(join(DIST, folder, name), { force: true, recursive: true });
        }
      }
      for (const path of Object.keys(bundle)) delete bundle[path];
    },
  };
}

/** Entries that export what their modules do, and no more: what other files need of them is in the common files. */
const EXACT_ENTRIES = {
  name: 'exact-entries',
  resolveId: (specifier) => (specifier.startsWith('\0exact:') ? specifier : undefined),
  load: (id) =>
    id.startsWith('\0exact:') ? `export * from ${JSON.stringify(id.slice('\0exact:'.length))};` : undefined,
};

function bundle({
  platform,
  input,
  exact,
  common: { groups, plugin },
  fileNames,
  output,
  plugins = [],
  written,
}) {
  return {
    input: Object.fromEntries(
      Object.entries(input).map(([name, path]) => [name, exact ? `\0exact:${idOf(path)}` : idOf(path)]),
    ),
    platform,
    external: isExternal,
    preserveEntrySignatures: 'allow-extension',
    plugins: [
      ...plugins,
      plugin,
      THE_OTHER_COMMANDS,
      EXACT_ENTRIES,
      WITHOUT_PROGRAMS,
      MODULES_OF_NODE,
      written,
    ],
    // A dynamic import of what is in the common file anyway costs nothing in Node, and serves pages.
    checks: { ineffectiveDynamicImport: false },
    // Every module that is imported counts here; what package.json says is for the bundlers of others.
    treeshake: { moduleSideEffects: (id) => id.startsWith(MODULES) },
    output: {
      dir: DIST,
      format: 'esm',
      entryFileNames: fileNames,
      chunkFileNames: fileNames,
      codeSplitting: { groups, includeDependenciesRecursively: false },
      comments: { jsdoc: false },
      ...output,
    },
  };
}

const entriesFor = (platform) =>
  Object.fromEntries(Object.entries(ENTRIES).map(([name, paths]) => [name, paths[platform]]));

const ofCommand = (id) => id?.includes(join(MODULES, 'cli/'));

/** The page of the server: one script and one style sheet, whose names change with their contents, and the HTML that names them. */
function page() {
  const source = join(ROOT, 'src/server/page');
  const files = {};
  return {
    input: { page: idOf('server/page/app.js') },
    platform: 'browser',
    plugins: [
      {
        name: 'page-files',
        generateBundle(_, bundle) {
          const [script] = Object.values(bundle);
          const parts = {
            js: script.code,
            css: ['node_modules/uplot/dist/uPlot.min.css', 'src/server/page/page.css']
              .map((path) => readFileSync(join(ROOT, path), 'utf8'))
              .join('\n'),
          };
          let html = readFileSync(join(source, 'index.html'), 'utf8');
          for (const [suffix, text] of Object.entries(parts)) {
            const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
            files[`page/assets/page-${hash}.${suffix}`] = text;
            html = html.replace(`/assets/page.${suffix}`, `/assets/page-${hash}.${suffix}`);
          }
          files['page/index.html'] = html;
          for (const path of Object.keys(bundle)) delete bundle[path];
        },
      },
      written(['page/assets'], files),
    ],
    // Modules of the page define elements, which counts here, whatever package.json says of those of the library.
    treeshake: { moduleSideEffects: () => true },
    output: { dir: DIST, format: 'esm', minify: true, comments: false, codeSplitting: false },
  };
}

export default defineConfig([
  bundle({
    platform: 'node',
    exact: true,
    input: {
      ...entriesFor('node'),
      program: 'cli/program.js',
      'verify-worker': 'node/verify-worker.js',
      'job-worker': 'node/job-worker.js',
    },
    common: commonFiles({
      library: [ENTRIES.index.node, OPENING],
      ...WRITER,
      // The commands are loaded when they are run; look-ups, which others wait for, with the command line.
      cairn: ['cli/program.js', 'cli/terminal/io.js', 'cli/commands/get.js'],
    }),
    // All at one depth: modules find package.json and one another from where they are.
    fileNames: ({ moduleIds, facadeModuleId, name }) =>
      [...moduleIds, facadeModuleId].some(ofCommand) ? `cli/${name}.js` : `node/${name}.js`,
    written: written(
      ['node', 'cli'],
      Object.fromEntries(
        BUNDLED.map((name) => [
          `cli/${name}.LICENSE`,
          readFileSync(join(ROOT, 'node_modules', name, 'LICENSE')),
        ]),
      ),
    ),
  }),
  bundle({
    platform: 'node',
    input: { main: 'cli/main.js' },
    common: commonFiles({ 'look-up': ['cli/look-up.js', OPENING] }),
    fileNames: 'cairn/[name].cjs',
    // CommonJS, because Node takes 4 ms more for the first module and the modules of Node that it imports.
    output: { format: 'cjs', minify: true },
    written: written(['cairn']),
  }),
  bundle({
    platform: 'browser',
    exact: true,
    input: entriesFor('browser'),
    common: commonFiles(
      { reader: READER, library: [ENTRIES.index.browser, ...Object.values(WRITER).flat()] },
      'reader',
    ),
    fileNames: 'bundler/[name].js',
    // Less is left by bundlers that drop less.
    output: { minify: true },
    plugins: [CHOSEN_WASM],
    written: written(['bundler', 'workerd'], await wasmFiles()),
  }),
  bundle({
    platform: 'browser',
    input: Object.fromEntries(
      Object.entries(entriesFor('browser')).filter(([name]) => !BUNDLED_ONLY.includes(name)),
    ),
    common: commonFiles({ library: [ENTRIES.index.browser], ...WRITER }),
    fileNames: 'browser/[name].js',
    output: { minify: true },
    written: written(['browser']),
  }),
  page(),
]);
