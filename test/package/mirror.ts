/**
 * The folders whose tests are about promises of the whole library. Every other folder mirrors one of `src/`.
 */
export const SUITES: readonly string[] = [
  'browser',
  'clients',
  'command',
  'conformance',
  'engines',
  'fault',
  'golden',
  'machine',
  'mutation',
  'package',
  'property',
  'references',
  'servers',
];

/** The folder of what tests have in common. */
const HELPERS = 'support';

/** Declares types for a compilation without platform types: neither a test nor a helper. */
const DECLARATIONS = 'pure.d.ts';

/**
 * Every file that is not where the mirror wants it. `test/<path>/<name>[.more].test.ts` tests
 * `src/<path>/<name>.ts`; helpers of unit tests are in `support`.
 *
 * @param tests paths from `test/` on.
 * @param sources paths from `src/` on.
 */
export function checkMirror(tests: readonly string[], sources: readonly string[]): string[] {
  const known = new Set(sources);
  const folders = new Set(sources.filter((path) => path.includes('/')).map(folderOf));
  return tests.flatMap((path) => complaint(path, known, folders) ?? []);
}

function complaint(
  path: string,
  sources: ReadonlySet<string>,
  folders: ReadonlySet<string>,
): string | undefined {
  if (path === DECLARATIONS) return undefined;
  const folder = folderOf(path);
  const isTest = path.endsWith('.test.ts');
  if (SUITES.includes(folder)) return undefined;
  if (folder === HELPERS) return isTest ? `${path}: a test among the helpers` : undefined;
  if (path.includes('/') && !folders.has(folder))
    return `${path}: ${folder} is neither a folder of src nor a suite`;
  if (!isTest) return `${path}: a helper outside of ${HELPERS}`;
  const source = sourceOf(path);
  return sources.has(source) ? undefined : `${path}: there is no src/${source}`;
}

/** `io/http/http-source.policy.test.ts` tests `io/http/http-source.ts`. */
function sourceOf(test: string): string {
  const at = test.lastIndexOf('/') + 1;
  return `${test.slice(0, at)}${test.slice(at).split('.')[0]}.ts`;
}

function folderOf(path: string): string {
  return path.split('/')[0];
}
