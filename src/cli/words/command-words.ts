/** Clauses of the library that mean something else, or nothing, on a command line. */
const CLAUSES: readonly (readonly [RegExp, string])[] = [
  // Keys and values of another type than the store's.
  [
    /pass a string; for keys that are bytes create the store with 'binary', for numbers with 'number' or 'bigint', for several parts with 'tuple'/,
    'write a string, or import with --key-encoding number, bigint, tuple or binary',
  ],
  [/(?:; )?new TextEncoder\(\)\.encode\(key\), or create the store with keyEncoding 'utf8'/, ''],
  [/(?:; )?say new Uint8Array\([\w, ]*\)/, ''],
  [/pass a Uint8Array/, 'write text, or {"$bytes":"00ff"}'],
  [/pass an array of elements, such as \['US', 42\]/, 'write a JSON array, such as ["US",42]'],
  [/pass [\w${}]+\.toLowerCase\(\)/, 'write it in lower case'],
  [/: pass /, ': write '],
  [/ \(String\.prototype\.toWellFormed\)/, ''],
  [/, or store (?:toISOString\(\)|its text)/, ''],
  // Rules for equal keys and for order.
  [/\(onDuplicate: 'first' or 'last'\)/, 'with --on-duplicate first or last'],
  [/: onDuplicate 'first' or 'last'/, ' with --on-duplicate first or last'],
  [/Sort the input with keys\.sort\(compareKeys\)/, 'Sort the input'],
  [
    /in JavaScript string order, which differs for characters above U\+FFFF: sort by compareKeys/,
    'in the order of UTF-16, which differs for characters above U+FFFF: sort by bytes',
  ],
  [/let the writer do it \(sort: true\)/, 'let --sort do it'],
  [/belongs to sort: true/, 'belongs to --sort'],
  // Collections.
  [
    /is a store, not a collection: open it with openStore/,
    'is a store, which is written once, not a collection',
  ],
  [
    /is a collection, not a store: open it with openCollection of .*$/,
    'is a collection: this command is for stores',
  ],
  [/: end it with deleteCollection/, ': end it with cairn delete'],
  [/Keep more of them \(keepVersions\)/, 'Keep more of them with --keep-versions'],
  [
    /was made with keyEncoding (.*); leave the option out/,
    'has keys of the encoding $1; leave --key-encoding out',
  ],
  [
    /was made with valueEncoding (.*); leave the option out/,
    'has values of the encoding $1; leave --value-encoding out',
  ],
  [/was made with compression (.*); leave the option out/, 'has the compression $1; leave --compression out'],
  [/; leave the option out$/, '; leave --metadata out'],
  [/: it was changed since; refresh\(\) and try again/, ': it was changed since'],
  // Namespaces.
  [/^ttl must be milliseconds or an ISO duration/, '--expiration must be an ISO duration'],
  [/^ttl (cannot|is)/, 'the expiration $1'],
  [/^before must be an instant, a Date, or text such as/, '--before must be a time such as'],
  [/^Cannot set both 'before' and 'keepVersions' properties/, '--before cannot be used with --keep-versions'],
  [/^type must be/, '--type must be'],
  [/and the template has none: write/, 'and there is no -n: write'],
  [/^the value is empty; write "" for/, 'the value is empty; write \'""\' or -t STRING for'],
  [/Correct it, or say that its type is STRING/, 'Correct it, or add -t STRING'],
  // What is printed is no store.
  [/^(write of standard output failed: .*)\. The disk is full; .*$/, '$1'],
  // Jobs.
  [/^(key|value)Encoding of files must/, '--$1-encoding of files must'],
  [/must be one that planSplits returned, of version 1/, 'must be one that cairn splits has printed'],
  [/or name it by the option redis$/, 'or name it with --redis'],
  [/([.;,]) Resume the job$/, '$1 Go on with the job by --resume'],
  // Other calls.
  [/, replace it \(replace: true\)/, ', replace it with --replace'],
  [/: open (?:it|the store) again/, ': run the command again'],
  [/Resume that one \(resume: true\), or sweep it/, 'Go on with that one by --resume, or sweep it'],
  [/copy it with copyStore, then delete it/, 'copy it with cairn copy, then delete it'],
  [/Read it with openStore, or cairn scan/, 'Read it with cairn scan'],
  [/call registerS3\(\{ commit: 'unsafe' \}\), or /, ''],
  [/, or call registerS3 with credentials$/, ''],
  [/, or call registerAzure with account$/, ''],
  [/, or call registerAzure with accountKey, sasToken or token; what/, '; what'],
  [/, or give openStore a `fetch` that sends them/, ''],
  [/close readers, or raise the limit/, 'raise the limit (ulimit -n)'],
  [/the storage of (\S+:) URIs has no \w+\(\)/, '$1 URIs are for reading only'],
  [
    /no storage is registered for (\S+:) \((.*)\); known here: .*$/,
    'there are no stores of the scheme $1 ($2): write a path, or a URI of http:, https:, s3: or az:',
  ],
  // The server.
  [
    /: set a token, or say insecure to let everyone in$/,
    ': set a token (--token), or --insecure to let everyone in',
  ],
  [/^(token|port|host) must be/, '--$1 must be'],
  [/^metadata must be an object/, '--metadata must be a JSON object'],
  [/^metadata\.log is the log's own/, "the member log of --metadata is the log's own"],
];

/** Options of the library, and the flags that set them. */
const FLAGS: Readonly<Record<string, string>> = {
  partitionBytes: '--partition-bytes',
  blockBytes: '--block-bytes',
  sortBytes: '--sort-bytes',
  sortDirectory: '--sort-directory',
  onDuplicate: '--on-duplicate',
  buildId: '--build-id',
  hashIndex: '--no-hash-index',
  olderThanMs: '--older-than',
  locateBits: '--no-locate-bits',
  keepVersions: '--keep-versions',
  memoryBytes: '--memory',
  maxSkips: '--max-skips',
  allowedHosts: '--allow-host',
};

const FLAG_NAMES = new RegExp(`\\b(?:${Object.keys(FLAGS).join('|')})\\b`, 'g');

/** Returns a message of the library as the command says it: with flags and commands in place of options and calls. */
export function inCommandWords(message: string): string {
  let text = message;
  for (const [clause, words] of CLAUSES) text = text.replace(clause, words);
  return text
    .replace(/\b(key|value)Encoding '(\w+)'/g, '--$1-encoding $2')
    .replace(/^buckets must/, '--buckets must')
    .replace(FLAG_NAMES, (name) => FLAGS[name]);
}
