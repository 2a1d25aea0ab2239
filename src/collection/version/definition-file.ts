import { type Checksum, hex64 } from '../../bytes/checksum.ts';
import { corruption, type Region } from '../../bytes/corruption.ts';
import { CairnError } from '../../errors.ts';
import type { CompressionName } from '../../format/properties.ts';
import { isTooDeep } from '../../store/manifest/decode-manifest.ts';
import { COLLECTION_NAME } from '../../store/manifest/path-state.ts';
import { COLLECTION_ID } from './version-name.ts';
import type { CollectionDefinition } from './version-state.ts';

/** The file whose presence makes a directory a collection. */
export const DEFINITION_NAME: string = COLLECTION_NAME;

const FORMAT = 'cairn-collection';
const VERSION = 1;

/** Characters of a version and features in a message. */
const MAX_NAMED = 200;

/** More bytes are no definition: names of encodings are short, and so is what users note of a collection. */
export const MAX_DEFINITION_BYTES: number = 1 << 20;

/**
 * Returns the bytes of a definition: JSON whose last member is the checksum of what comes before it.
 *
 * @throws {CairnError} `TOO_LARGE` for metadata that no reader would accept.
 */
export function encodeDefinition(definition: CollectionDefinition, checksum: Checksum): Uint8Array {
  const { id, keyEncoding, valueEncoding, compression, metadata } = definition;
  const members = { format: FORMAT, version: VERSION, requiredFeatures: [] };
  const document = { ...members, id, keyEncoding, valueEncoding, compression, metadata };
  const text = new TextEncoder();
  const body = `${JSON.stringify(document, null, 2).slice(0, -2)},\n`;
  const bytes = text.encode(`${body}  "checksum": "${hex64(checksum.hash(text.encode(body)))}"\n}\n`);
  if (bytes.length <= MAX_DEFINITION_BYTES) return bytes;
  throw new CairnError(
    'TOO_LARGE',
    `the definition of the collection would have ${bytes.length} bytes, more than can be read ` +
      `(${MAX_DEFINITION_BYTES}): keep less metadata`,
    { limit: MAX_DEFINITION_BYTES },
  );
}

/** Checks and decodes a definition. @throws {CairnError} `CORRUPTION`, `UNSUPPORTED_FORMAT`. */
export function decodeDefinition(bytes: Uint8Array, file: string, checksum: Checksum): CollectionDefinition {
  const region: Region = { file, section: 'definition', offset: 0 };
  const wrong = (name: string, expected: string): CairnError =>
    corruption(region, `${name} is wrong`, { expected, actual: 'something else' });
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw corruption(region, 'the definition is not UTF-8', { cause: error });
  }
  const match = /^(.*\n) {2}"checksum": "([0-9a-f]{16})"\n\}\n$/s.exec(text);
  if (match === null) throw corruption(region, 'the definition does not end in its checksum');
  const [, body, expected] = match;
  const actual = hex64(checksum.hash(new TextEncoder().encode(body)));
  if (actual !== expected)
    throw corruption(region, 'the checksum of the definition differs', { expected, actual });
  let document: Readonly<Record<string, unknown>>;
  try {
    document = JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw corruption(region, 'the definition is not valid JSON', { cause: error });
  }
  if (isTooDeep(document)) throw wrong('the definition', 'fewer levels');
  if (document.format !== FORMAT) throw wrong('format', `"${FORMAT}"`);
  const { version, requiredFeatures } = document;
  if (version !== VERSION || !Array.isArray(requiredFeatures) || requiredFeatures.length > 0) {
    const found = `version ${JSON.stringify(version)} ${JSON.stringify(requiredFeatures)}`.slice(
      0,
      MAX_NAMED,
    );
    throw new CairnError(
      'UNSUPPORTED_FORMAT',
      `${file} is a collection of ${found}; this version of cairnkv reads version ${VERSION}. Upgrade cairnkv`,
      { file, found, supported: `version ${VERSION}` },
    );
  }
  const textOf = (name: string): string => {
    const value = document[name];
    if (typeof value === 'string' && value !== '') return value;
    throw wrong(name, 'a string');
  };
  const compression = textOf('compression');
  if (!['none', 'deflate', 'zstd'].includes(compression)) throw wrong('compression', 'none, deflate or zstd');
  const { metadata } = document;
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata))
    throw wrong('metadata', 'an object');
  const id = textOf('id');
  // It is part of a file's name.
  if (!COLLECTION_ID.test(id)) throw wrong('id', '1 to 64 letters and digits');
  return {
    id,
    keyEncoding: textOf('keyEncoding'),
    valueEncoding: textOf('valueEncoding'),
    compression: compression as CompressionName,
    metadata: metadata as CollectionDefinition['metadata'],
  };
}
