import { invalidArgument } from '../../errors.ts';
import { type Namespaces, type OpenNamespacesOptions, openNamespaces } from '../../node/namespace.ts';
import type { Io } from '../terminal/io.ts';
import { registerSchemes } from './register-schemes.ts';

/** Where namespaces are if nothing says so. */
const DEFAULT_ROOT = './kv';

/** Opens the namespaces that `--root` names, or CAIRN_KV, or those of ./kv. */
export async function openKv(
  { root }: { readonly root?: string },
  io: Io,
  options: Pick<OpenNamespacesOptions, 'readOnly' | 'refreshMs'> = {},
): Promise<Namespaces> {
  if (root === '') throw invalidArgument('root', '--root is empty: write a path or URI');
  // An empty variable is one that is not set.
  const uri = root ?? (io.env.CAIRN_KV || DEFAULT_ROOT);
  await registerSchemes([uri], io.env);
  return openNamespaces(uri, { ...options, signal: io.interrupts() });
}
