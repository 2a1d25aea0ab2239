import { hex64 } from '../../src/bytes/checksum.ts';
import { encodeStruct } from '../../src/bytes/struct.ts';
import { FOOTER, type Footer, HEADER } from '../../src/format/layout.ts';
import type { PartitionRecord } from '../../src/partition/partition-record.ts';
import { decodeManifest } from '../../src/store/manifest/decode-manifest.ts';
import { encodeManifest, type Manifest } from '../../src/store/manifest/manifest.ts';
import { goldenStore, storeFiles } from '../golden/golden-files.ts';
import { checksum } from './signed.ts';
import { writeFile } from './storage-tools.ts';

/** The parts of a partition file, to be changed before all checksums are made right again. */
export interface Parts {
  blocks: Uint8Array;
  hashIndex: Uint8Array;
  index: Uint8Array;
  properties: Uint8Array;
  readonly footer: { -readonly [Name in keyof Footer]: Footer[Name] };
}

let number = 0;

/**
 * A copy of a golden store in memory in which something is wrong that no checksum shows: somebody wrote it
 * so. The checksum of each block is kept as it is unless `change` sets it.
 */
export async function forgeStore(
  name: string,
  change: (parts: Parts) => void,
  changeRecord: (record: { -readonly [Name in keyof PartitionRecord]: PartitionRecord[Name] }) => void = () =>
    undefined,
): Promise<string> {
  const uri = `memory:forged/${number++}`;
  const files = await storeFiles(goldenStore(name));
  const manifest = decodeManifest(files.get('MANIFEST.json') as Uint8Array, 'MANIFEST.json', checksum);
  const [first, ...others] = manifest.partitions;
  for (const { name: other } of others)
    await writeFile(`${uri}/data/${other}`, files.get(`data/${other}`) as Uint8Array);
  const parts = takeApart(files.get(`data/${first.name}`) as Uint8Array);
  change(parts);
  const file = putTogether(parts);
  await writeFile(`${uri}/data/${first.name}`, file);
  const tail = file.subarray(parts.footer.indexOffset);
  const record = {
    ...first,
    bytes: file.length,
    hashBytes: parts.hashIndex.length,
    tailBytes: tail.length,
    tailChecksum: checksum.hash(tail),
  };
  changeRecord(record);
  await writeFile(`${uri}/MANIFEST.json`, resigned({ ...manifest, partitions: [record, ...others] }));
  return uri;
}

/** A manifest of any content with a right checksum. */
export function resigned(manifest: Manifest): Uint8Array {
  return encodeManifest(manifest, checksum);
}

/** A manifest of any text, to which a right checksum is given in the place of its own. */
export function signManifest(text: string): Uint8Array {
  const body = new TextEncoder().encode(text.slice(0, -35));
  const trailer = new TextEncoder().encode(`  "checksum": "${hex64(checksum.hash(body))}"\n}\n`);
  return Uint8Array.of(...body, ...trailer);
}

function takeApart(file: Uint8Array): Parts {
  const footer = FOOTER.decode(file.slice(-FOOTER.length), { file: 'golden', section: 'footer', offset: 0 });
  const { hashOffset, hashLength, indexOffset, indexLength, propertiesOffset, propertiesLength } = footer;
  return {
    blocks: file.slice(HEADER.length, hashOffset),
    hashIndex: file.slice(hashOffset, hashOffset + hashLength),
    index: file.slice(indexOffset, indexOffset + indexLength),
    properties: file.slice(propertiesOffset, propertiesOffset + propertiesLength),
    footer: { ...footer },
  };
}

function putTogether({ blocks, hashIndex, index, properties, footer }: Parts): Uint8Array {
  footer.hashOffset = HEADER.length + blocks.length;
  footer.hashLength = hashIndex.length;
  footer.hashChecksum = checksum.hash(hashIndex);
  footer.indexOffset = footer.hashOffset + hashIndex.length;
  footer.indexLength = index.length;
  footer.indexChecksum = checksum.hash(index);
  footer.propertiesOffset = footer.indexOffset + index.length;
  footer.propertiesLength = properties.length;
  footer.propertiesChecksum = checksum.hash(properties);
  footer.fileLength = footer.propertiesOffset + properties.length + FOOTER.length;
  const covered = FOOTER.fields.find(({ name }) => name === 'checksum')?.offset;
  footer.checksum = checksum.hash(encodeStruct(FOOTER, footer).subarray(0, covered));
  const header = HEADER_BYTES;
  return Uint8Array.from(
    [header, blocks, hashIndex, index, properties, encodeStruct(FOOTER, footer)].flatMap((part) => [...part]),
  );
}

const HEADER_BYTES: Uint8Array = (
  (await storeFiles(goldenStore('one-entry'))).get('data/part-00000-golden.cairn') as Uint8Array
).slice(0, HEADER.length);
