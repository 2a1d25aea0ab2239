import { KvDatabase } from './kv-database.ts';
import { checkOpenOptions, type OpenNamespacesOptions } from './namespace-options.ts';
import { Namespaces } from './namespaces.ts';

/**
 * Opens the namespaces below a root: a directory, a bucket's prefix, or `memory:` of a process. Nothing is
 * made before the first write. Any number of processes may read and write at once.
 *
 * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT`; `NOT_A_STORE` if something else is where
 *   namespaces are kept; `CORRUPTION`, `UNSUPPORTED_FORMAT`, `UNSUPPORTED`, `IO`; the signal's reason.
 *
 * @example
 * ```ts
 * import { openNamespaces } from 'cairnkv/namespace';
 *
 * const namespaces = await openNamespaces('./kv');
 * const team = namespaces.namespace('company.team');
 * await team.set('greeting', 'hello', { ttl: 'P30D', description: 'what the page shows' });
 * console.log(await team.get('greeting')); // hello
 * await namespaces.close();
 * ```
 */
export function openNamespaces(root: string | URL, options?: OpenNamespacesOptions): Promise<Namespaces>;
/** @internal With a monotonic clock in milliseconds of its own, for tests. */
export function openNamespaces(
  root: string | URL,
  options: OpenNamespacesOptions | undefined,
  elapsed: () => number,
): Promise<Namespaces>;
export async function openNamespaces(
  root: string | URL,
  options: OpenNamespacesOptions = {},
  elapsed: () => number = () => performance.now(),
): Promise<Namespaces> {
  const checked = checkOpenOptions(options);
  return new Namespaces(await KvDatabase.open(root, checked, elapsed), checked);
}
