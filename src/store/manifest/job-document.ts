import { type Checksum, hex64 } from '../../bytes/checksum.ts';
import { corruption, type Region } from '../../bytes/corruption.ts';

/** The members of a document of a job. */
export type Fields = Readonly<Record<string, unknown>>;

const TRAILER = /^(.*\n) {2}"checksum": "([0-9a-f]{16})"\n\}\n$/s;

/** Returns JSON whose last member is the checksum of what comes before it. Equal documents have equal bytes. */
export function encodeDocument(document: object, checksum: Checksum): Uint8Array {
  const text = new TextEncoder();
  const body = `${JSON.stringify(document, null, 2).slice(0, -2)},\n`;
  return text.encode(`${body}  "checksum": "${hex64(checksum.hash(text.encode(body)))}"\n}\n`);
}

/** Checks and decodes a document. @throws {CairnError} `CORRUPTION`. */
export function decodeDocument(bytes: Uint8Array, region: Region, checksum: Checksum): Fields {
  const [, body, expected] = TRAILER.exec(new TextDecoder().decode(bytes)) ?? [];
  if (body === undefined) throw corruption(region, 'the file does not end in its checksum');
  const actual = hex64(checksum.hash(new TextEncoder().encode(body)));
  if (actual !== expected) throw corruption(region, 'the checksum of the file differs', { expected, actual });
  // What has its checksum is what this library wrote.
  return JSON.parse(`${body.slice(0, -2)}}`) as Fields;
}
