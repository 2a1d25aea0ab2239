import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { KeyBuffer } from '../../src/bytes/key-buffer.ts';
import { loadChecksum } from '../../src/bytes/xxh64.ts';
import { decodeFooter, FOOTER } from '../../src/format/layout.ts';
import { goldenStore, readDump, storeFiles } from './golden-files.ts';

const FILE: string = fileURLToPath(new URL('../../src/format/FORMAT.md', import.meta.url));

/** The store that FORMAT.md shows, and the key that it looks up. */
export const EXAMPLE = 'two-entries';
const KEY = 'kern';

export function readFormatDocument(): string {
  return readFileSync(FILE, 'utf8');
}

/** The code block of FORMAT.md behind a comment of that text, without its fences. */
export function markedBlock(marker: string): string {
  return split(readFormatDocument(), marker)[1];
}

/** The code blocks of the example, by the comment before each, as the golden files have them. */
export async function exampleBlocks(): Promise<ReadonlyMap<string, string>> {
  const files = await storeFiles(goldenStore(EXAMPLE));
  const manifest = new TextDecoder().decode(files.get('MANIFEST.json'));
  return new Map([
    [`manifest of ${EXAMPLE}`, manifest],
    [`dump of ${EXAMPLE}`, readDump(EXAMPLE)],
    [`look-up in ${EXAMPLE}`, await lookUp([...files.values()].at(-1) as Uint8Array)],
  ]);
}

/** Puts the golden files' content into FORMAT.md. */
export async function rewriteExample(): Promise<void> {
  let text = readFormatDocument();
  for (const [marker, block] of await exampleBlocks()) {
    const [before, , after] = split(text, marker);
    text = before + block + after;
  }
  writeFileSync(FILE, text);
}

function split(text: string, marker: string): [before: string, block: string, after: string] {
  const comment = `<!-- ${marker} -->\n`;
  const fence = text.indexOf('```', text.indexOf(comment) + comment.length);
  const start = text.indexOf('\n', fence) + 1;
  const end = text.indexOf('```\n', start);
  if (!text.includes(comment) || end < 0) throw new Error(`FORMAT.md has no block marked ${marker}`);
  return [text.slice(0, start), text.slice(start, end), text.slice(end)];
}

/** The steps of FORMAT.md §10, in its words and with no code of the reader's. */
async function lookUp(file: Uint8Array): Promise<string> {
  const key = new KeyBuffer();
  key.set(new TextEncoder().encode(KEY));
  const hash = key.hash() >>> 0;
  const end = file.subarray(file.length - FOOTER.length);
  const footer = decodeFooter(end, file.length, 'example', await loadChecksum());
  const { hashOffset, hashSlots, dataBytes } = footer;
  const view = new DataView(file.buffer, file.byteOffset);
  const bits = dataBytes.toString(2).length;
  const tag = hash % 2 ** (32 - bits);
  const home = Math.floor((Math.floor(hash / 16) * hashSlots) / 2 ** 28);
  const lines = [
    ['h', `XXH32 of 'kern'`, hex(hash)],
    ['home', `⌊⌊h / 16⌋ × ${hashSlots} / 2^28⌋`, `${home}`],
    ['offsetBits', `bit length of ${dataBytes}`, `${bits}`],
    ['tag', `h mod 2^${32 - bits}`, hex(tag)],
  ];
  for (let slot = home; ; slot++) {
    const word = view.getUint32(hashOffset + slot * 4, true);
    const same = Math.floor(word / 2 ** bits) === tag;
    lines.push([
      `slot ${slot}`,
      `tag ${hex(Math.floor(word / 2 ** bits))}`,
      same ? 'the same: look there' : 'another',
    ]);
    if (word === 0) throw new Error(`${KEY} is not in the example`);
    if (!same) continue;
    lines.push(['data offset', `slot mod 2^${bits} − 1`, `${(word % 2 ** bits) - 1}`]);
    return lines.map(([name, how, what]) => `${name.padEnd(12)}  ${how.padEnd(24)}  ${what}\n`).join('');
  }
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
