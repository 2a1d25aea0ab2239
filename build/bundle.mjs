// Makes the files that are loaded: of the modules that tsc has written to dist/modules, dist/node and dist/cli for Node
// and dist/browser for pages without a bundler. Bundlers for browsers take the modules themselves.
//
//   node build/bundle.mjs           does nothing while nothing has changed
//   node build/bundle.mjs --report  lists every file with its size and its modules
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');
const MODULES = join(DIST, 'modules');
const STAMP = join(DIST, 'bundle.stamp');

/** The public entries by name, and the module of each for Node and for browsers. */
const ENTRIES = {
  index: { node: 'node/index.js', browser: 'index.js' },
  inspect: { node: 'node/inspect.js', browser: 'inspect/index.js' },
  log: { node: 'node/log.js', browser: 'log/index.js' },
  storage: { node: 'io/index.js', browser: 'io/index.js' },
  conformance: { node: 'io/conformance/index.js', browser: 'io/conformance/index.js' },
  text: { node: 'text/index.js', browser: 'text/index.js' },
  azure: { node: 'io/azure/index.js', browser: 'io/azure/index.js' },
  s3: { node: 'io/s3/index.js', browser: 'io/s3/index.js' },
};

/** Commander can start programs as subcommands. The command has none, and loading what starts them takes 4 ms. */
const WITHOUT_PROGRAMS = {
  name: 'without-programs',
  resolveId: (specifier, importer) => (isUnusedByCommand(specifier, importer) ? '\0none' : undefined),
  load: (id) => (id === '\0none' ? 'export {};' : undefined),
};

function isUnusedByCommand(specifier, importer) {
  return specifier === 'node:child_process' && importer?.includes('/node_modules/commander/') === true;
}

/** What writers load before they write: chunks by name. */
const WRITER = {
  'store-builder': [join(MODULES, 'store/write/store-builder.js')],
  'msgpack-codec': [join(MODULES, 'codec/values/msgpack.js')],
};

/** Packages that the command contains, so that it runs in every install. Their licenses are shipped beside it. */
const BUNDLED = ['commander'];

/** Everything that the output depends on, as a short text. */
function fingerprint() {
  const hash = createHash('sha256');
  const inputs = readdirSync(MODULES, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.js'))
    .map((path) => join(MODULES, path));
  inputs.push(fileURLToPath(import.meta.url), join(ROOT, 'package-lock.json'));
  for (const path of inputs.sort()) {
    const { mtimeMs, size } = statSync(path);
    hash.update(`${path} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
}

/** The stamp of the last run, if its output is there. */
function lastFingerprint() {
  try {
    return readFileSync(STAMP, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Keeps all that some entries import statically in one chunk, so that it is one file to find and to read.
 *
 * @param {Record<string, string[]>} common the entries by the name of the chunk; what two of these need is in the first
 */
function commonChunks(common) {
  const chunkOf = new Map();
  return {
    groups: Object.keys(common).map((name, i) => ({
      name,
      priority: 9 - i,
      test: (id) => chunkOf.get(id) === name,
    })),
    plugin: {
      name: 'common-chunks',
      buildEnd() {
        for (const [chunk, entries] of Object.entries(common)) {
          const reached = new Set(entries);
          for (const id of reached) {
            if (chunkOf.has(id)) continue;
            chunkOf.set(id, chunk);
            const { importedIds } = this.getModuleInfo(id);
            for (const imported of importedIds) if (!isExternal(imported)) reached.add(imported);
          }
        }
      },
    },
  };
}

function isExternal(id, importer) {
  if (/^[./\0]/.test(id) || isUnusedByCommand(id, importer)) return false;
  return !BUNDLED.some((name) => id === name || id.startsWith(`${name}/`));
}

/** @returns {Promise<import('rolldown').OutputChunk[]>} with paths from dist/ on */
async function bundle({ platform, input, common, fileNames, output }) {
  const { groups, plugin } = commonChunks(common);
  const build = await rolldown({
    input,
    platform,
    external: isExternal,
    plugins: [plugin, WITHOUT_PROGRAMS],
    // A dynamic import of what is in the common chunk anyway costs nothing in Node, and serves pages.
    checks: { ineffectiveDynamicImport: false },
    // Every module that is imported counts here; what package.json says is for the bundlers of others.
    treeshake: { moduleSideEffects: (id) => id.startsWith(MODULES) },
  });
  const generated = await build.generate({
    format: 'esm',
    entryFileNames: fileNames,
    chunkFileNames: fileNames,
    codeSplitting: { groups },
    ...output,
  });
  await build.close();
  return generated.output.filter(({ type }) => type === 'chunk');
}

const modulesOf = (names) =>
  Object.fromEntries(Object.entries(names).map(([name, path]) => [name, join(MODULES, path)]));

const forPlatform = (platform) =>
  modulesOf(Object.fromEntries(Object.entries(ENTRIES).map(([name, paths]) => [name, paths[platform]])));

async function bundleAll() {
  const ofCommand = (id) => id.startsWith(join(MODULES, 'cli/'));
  const forNode = bundle({
    platform: 'node',
    input: {
      ...forPlatform('node'),
      ...modulesOf({ main: 'cli/main.js', 'verify-worker': 'node/verify-worker.js' }),
    },
    common: {
      library: [join(MODULES, ENTRIES.index.node)],
      ...WRITER,
      // The commands are loaded when they are run; look-ups, which others wait for, with the command line.
      cairn: ['program', 'terminal/io', 'commands/get'].map((name) => join(MODULES, `cli/${name}.js`)),
    },
    // All at one depth: modules find package.json and one another from where they are.
    fileNames: ({ moduleIds, name }) => (moduleIds.some(ofCommand) ? `cli/${name}.js` : `node/${name}.js`),
    output: { comments: { jsdoc: false } },
  });
  const forBrowsers = bundle({
    platform: 'browser',
    input: forPlatform('browser'),
    common: { library: [join(MODULES, ENTRIES.index.browser)], ...WRITER },
    fileNames: 'browser/[name].js',
    output: { comments: { jsdoc: false }, minify: true },
  });
  return [...(await forNode), ...(await forBrowsers)];
}

/** Writes every file in one step, for others may be running what is there; then removes what is not made any more. */
function write(files) {
  for (const [path, text] of files) {
    const target = join(DIST, path);
    mkdirSync(dirname(target), { recursive: true });
    const made = `${target}.${process.pid}`;
    writeFileSync(made, text, { mode: path === 'cli/main.js' ? 0o755 : 0o644 });
    renameSync(made, target);
  }
  for (const folder of ['node', 'cli', 'browser']) {
    for (const name of readdirSync(join(DIST, folder))) {
      if (!files.has(`${folder}/${name}`)) rmSync(join(DIST, folder, name), { force: true, recursive: true });
    }
  }
}

const current = fingerprint();
const report = process.argv.includes('--report');
if (report || lastFingerprint() !== current) {
  const chunks = await bundleAll();
  const files = new Map(chunks.map(({ fileName, code }) => [fileName, code]));
  if (files.size !== chunks.length) throw new Error('two chunks have the same name');
  for (const name of BUNDLED) {
    files.set(`cli/${name}.LICENSE`, readFileSync(join(ROOT, 'node_modules', name, 'LICENSE')));
  }
  write(files);
  writeFileSync(STAMP, current);
  if (report) {
    for (const { fileName, code, moduleIds, imports } of chunks) {
      const modules = moduleIds.map((id) => relative(MODULES, id)).join(' ');
      console.log(
        `${String(code.length).padStart(7)} ${fileName}\n        of ${modules}\n        imports ${imports.join(' ')}`,
      );
    }
  }
}
