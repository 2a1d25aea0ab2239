import '../io/register.ts';

export {
  type InheritedListing,
  type KvEntry,
  type KvListing,
  type KvRevision,
  kvEntryJson,
  type ResolvedEntry,
} from './kv-entry.ts';
export { parseKvText } from './kv-text.ts';
export { KV_TYPES, type KvText, type KvType, type KvValue } from './kv-type.ts';
export { kvJson } from './kv-value.ts';
export type { Namespace } from './namespace.ts';
export type {
  DeleteOptions,
  EntryOptions,
  GetOptions,
  KeysOptions,
  KvSetting,
  ListOptions,
  OpenNamespacesOptions,
  PurgeOptions,
  SetOptions,
} from './namespace-options.ts';
export type { Namespaces } from './namespaces.ts';
export { openNamespaces } from './open-namespaces.ts';
export { type RenderTemplateOptions, renderTemplate } from './render-template.ts';
export type { Ttl } from './ttl.ts';
