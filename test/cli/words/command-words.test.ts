import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inCommandWords } from '../../../src/cli/words/command-words.ts';

/** What only programs say: calls, options and codecs. */
const LIBRARY_WORDS =
  /\b(?:keyEncoding|valueEncoding|partitionBytes|blockBytes|sortBytes|sortDirectory|onDuplicate|buildId|hashIndex|cacheBytes|olderThanMs|locateBits|forcePathStyle|partSize|registerS3|registerAzure|registerStorage|openStore|openLog|createStore|createLog|sweepStores|copyStore|mergeStores?|deleteStore|salvageStore|verifyStore|listStores|storeInfo|renameStore|putAll|compareKeys|Uint8Array)\b|\w+\(\)|\w+: (?:true|'\w+'(?!\/))/;

/** Messages that no command line leads to, by a part of them. */
const UNREACHABLE: readonly (readonly [part: string, why: string])[] = [
  ['a codec { name, encode(', 'the command has no codecs of its own but bytes'],
  ['does not decode a ', 'the command has no codecs of its own but bytes'],
  ["of the codec '", 'the command has no codecs of its own but bytes'],
  ['store its bytes: new Uint8Array', 'the values of the command come from text'],
  ['store a Uint8Array over it', 'the values of the command come from text'],
  ['[object Uint8Array]', 'it is no message'],
  ['URIs must have', 'the command registers its schemes'],
  ['take its bytes with', 'the command takes bytes'],
  ['must be text or a Uint8Array', 'the command sends bytes'],
  ['instances of classes', 'the values of the command come from text'],
  ['Temporal.', 'the values of the command come from text'],
  ['value.toString()', 'the values of the command come from text'],
  ['store its text: toString()', 'the values of the command come from text'],
  ['reader.share()', 'the command shares no readers'],
  ['cacheBytes', 'the command sets it itself'],
  ["schema's validate()", 'the command has no schemas'],
  ['asynchronous part', 'the command has no schemas'],
  ['putAll takes', 'the command does not call it'],
  ['put entries before close()', 'the command puts no entries later'],
  ['pass one to openStore', 'Node has a fetch'],
  ["credentials' ", 'the command has them from variables, as texts'],
  ['Import ', 'the command registers its schemes'],
];

/** The texts in a source that are sentences. */
function textsIn(source: string): string[] {
  const code = source
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
    // Texts in several pieces are one.
    .replace(/(['"`]) \+\s*\n\s*(['"`])/g, (_, a, b) => (a === b ? '' : `${a} + ${b}`));
  const texts = code.match(/`[^`]*`|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g) ?? [];
  return texts.filter((text) => text.length > 18 && text.includes(' ')).map((text) => text.slice(1, -1));
}

const SOURCES = ['bytes', 'codec', 'compression', 'io', 'log', 'node', 'partition', 'store', 'text'].flatMap(
  (folder) =>
    readdirSync(new URL(`../../../src/${folder}`, import.meta.url), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.startsWith('conformance'))
      .map((name) => `${folder}/${name}`),
);

describe('inCommandWords()', () => {
  it('leaves no word of the library in any of its messages', () => {
    const left: string[] = [];
    for (const name of SOURCES) {
      for (const text of textsIn(readFileSync(new URL(`../../../src/${name}`, import.meta.url), 'utf8'))) {
        if (UNREACHABLE.some(([part]) => text.includes(part))) continue;
        const shown = inCommandWords(text.replace(/\$\{[^}]*\}/g, 'its'));
        if (LIBRARY_WORDS.test(shown)) left.push(`${name}: ${shown}`);
      }
    }
    expect(left).toEqual([]);
  });

  it.each([
    [
      'partitionBytes must be an integer from 1024 to 9, not 1',
      '--partition-bytes must be an integer from 1024 to 9, not 1',
    ],
    [
      "holds an unpaired surrogate: repair the text (String.prototype.toWellFormed), or use valueEncoding 'json', which",
      'holds an unpaired surrogate: repair the text, or use --value-encoding json, which',
    ],
    [
      "key is 5, but this store's keys are text (keyEncoding 'utf8'): pass a string; for keys that are bytes create the store with 'binary', for numbers with 'number' or 'bigint', for several parts with 'tuple'",
      "key is 5, but this store's keys are text (--key-encoding utf8): write a string, or import with --key-encoding number, bigint, tuple or binary",
    ],
    [
      "http://x/y can't be renamed: the storage of http: URIs has no moveDirectory(). Copy the store instead",
      "http://x/y can't be renamed: http: URIs are for reading only. Copy the store instead",
    ],
    [
      'no storage is registered for ftp: (ftp://x); known here: file:, memory:. Files need Node',
      'there are no stores of the scheme ftp: (ftp://x): write a path, or a URI of http:, https:, s3: or az:',
    ],
    ['a file of mine: partitionBytesX', 'a file of mine: partitionBytesX'],
  ])('says %j as %j', (library, command) => {
    expect(inCommandWords(library)).toBe(command);
  });
});
