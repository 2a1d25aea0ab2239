import { checkOptions } from '../../check-options.ts';
import { loadCompressor } from '../../compression/compressors.ts';
import { HOST } from '../../io/host.ts';
import { describeStore, type StoreInfo } from '../../store/manifest/describe-store.ts';
import { withId } from '../../store/manifest/manifest.ts';
import { StoreDraft, targetDirectory } from '../../store/manifest/store-draft.ts';
import { StoreBuilder } from '../../store/write/store-builder.ts';
import { type CreateStoreOptions, checkWriteOptions } from '../../store/write/write-options.ts';
import type { OpenVersion } from '../read/open-version.ts';
import type { GenerationSink } from './generation-sink.ts';
import { mergeGenerations } from './merge-generations.ts';
import type { EntryCodecs } from './transaction.ts';

const KNOWN = ['partitionBytes', 'blockBytes', 'compression', 'hashIndex', 'metadata', 'buildId', 'signal'];

/** Writes a version as a plain store. @throws {CairnError} (as a rejection) what `createStore` and `close` throw. */
export async function writeStore<K, V>(
  version: OpenVersion,
  { keys, values }: EntryCodecs<K, V>,
  uri: string | URL,
  options: CreateStoreOptions,
): Promise<StoreInfo<K>> {
  checkOptions(options, KNOWN);
  const { compression, partitionBytes, blockBytes, hashIndex, metadata, buildId, signal } =
    checkWriteOptions(options);
  const directory = targetDirectory(uri);
  signal?.throwIfAborted();
  const { checksum, generations } = version;
  const compressor = await loadCompressor(compression);
  const draft = await StoreDraft.begin(directory, { checksum, signal });
  return draft.complete(async () => {
    const builder = await StoreBuilder.create(draft, {
      keyEncoding: keys.name,
      valueEncoding: values.name,
      compressor,
      partitionBytes,
      blockBytes,
      hashIndex,
      attemptId: buildId ?? HOST.uniqueName(),
    });
    const sink: Pick<GenerationSink, 'key' | 'add'> = {
      get key() {
        return builder.key;
      },
      add: (value) => builder.add(value as Uint8Array),
    };
    await mergeGenerations(generations, sink, { tombstones: false, signal });
    const partitions = await builder.finish();
    const encodings = { keyEncoding: keys.name, valueEncoding: values.name };
    const manifest = withId({ ...encodings, compression, metadata, partitions }, checksum);
    const info = describeStore(directory.uri, manifest, (key) => keys.decode(key, 0, key.length));
    await draft.commit(manifest);
    return info;
  });
}
