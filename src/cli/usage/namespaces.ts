import type { ArgsOf } from './command-usage.ts';

/** `cairn kv set`. */
export const KV_SET = {
  name: 'kv set',
  description: 'set a key; prints its revision',
  examples: [
    'cairn kv set company.team greeting hello',
    'cairn kv set company.team limit 1.50    # a NUMBER; with -t STRING a STRING',
    'cairn kv set company.team config -f config.json -e P30D --description "what the page shows"',
    'cairn kv set company.team lock "$HOSTNAME" --no-overwrite -e PT5M    # exit code 2 if it is there',
    'cairn kv set company.team offset -- -5    # after -- words may begin with a dash',
  ],
  arguments: {
    namespace: { form: '<namespace>', help: 'the namespace; it is made if it is not there' },
    key: { form: '<key>', help: 'the key' },
    value: {
      form: '[value]',
      help: 'the value: JSON, a date, a date-time with an offset, an ISO duration, or else a string',
    },
  },
  shared: ['kvRoot'],
  options: {
    type: {
      flags: '-t, --type <type>',
      takes: 'kvType',
      help: 'what the value is (default: as it is written)',
    },
    expiration: {
      flags: '-e, --expiration <duration>',
      takes: 'text',
      help: 'how long it lasts, as an ISO duration such as P30D or PT15M (default: without end)',
    },
    file: {
      flags: '-f, --file <file>',
      takes: 'text',
      help: 'the value is what this file holds, whatever the argument says; - is standard input',
    },
    description: { flags: '--description <text>', takes: 'text', help: 'what the value is for' },
    overwrite: { flags: '--no-overwrite', help: 'refuse a key that is there; exit code 2' },
    json: { flags: '--json', help: 'print the revision as JSON' },
  },
} as const;

/** What {@link KV_SET} is called with. */
export type KvSetArgs = ArgsOf<typeof KV_SET>;

/** `cairn kv get`. */
export const KV_GET = {
  name: 'kv get',
  description: 'print the value of a key; exit code 1 if it is not there, or has expired',
  examples: [
    'cairn kv get company.team greeting',
    'cairn kv get company.team region --inherit    # that of company, if the team has none',
    'cairn kv get company.team greeting --json    # with its type, revision and dates',
  ],
  arguments: {
    namespace: { form: '<namespace>', help: 'the namespace, such as company.team' },
    key: { form: '<key>', help: 'the key' },
  },
  shared: ['kvRoot'],
  options: {
    inherit: { flags: '--inherit', help: 'look in the namespaces above, too: a.b.c, then a.b, then a' },
    json: { flags: '--json', help: 'print all that is known of the key as JSON' },
  },
} as const;

/** What {@link KV_GET} is called with. */
export type KvGetArgs = ArgsOf<typeof KV_GET>;

/** `cairn kv keys`. */
export const KV_KEYS = {
  name: 'kv keys',
  description: 'print the keys of a namespace, one a line',
  examples: ['cairn kv keys company.team', 'cairn kv keys company.team --prefix test'],
  arguments: { namespace: { form: '<namespace>', help: 'the namespace, such as company.team' } },
  shared: ['kvRoot'],
  options: {
    prefix: { flags: '--prefix <text>', takes: 'text', help: 'only keys that begin like this' },
    json: { flags: '--json', help: 'print a JSON array' },
  },
} as const;

/** What {@link KV_KEYS} is called with. */
export type KvKeysArgs = ArgsOf<typeof KV_KEYS>;

/** `cairn kv list`. */
export const KV_LIST = {
  name: 'kv list',
  description: 'print the keys of a namespace with their types, revisions, dates and descriptions',
  examples: [
    'cairn kv list company.team',
    'cairn kv list company.team --prefix a --limit 100 --json',
    'cairn kv list company.team --include-expired',
  ],
  arguments: { namespace: { form: '<namespace>', help: 'the namespace, such as company.team' } },
  shared: ['kvRoot'],
  options: {
    prefix: { flags: '--prefix <text>', takes: 'text', help: 'only keys that begin like this' },
    after: { flags: '--after <key>', takes: 'text', help: 'only keys after this one' },
    limit: { flags: '--limit <n>', takes: 'count', help: 'at most n keys' },
    includeExpired: { flags: '--include-expired', help: 'also keys that have expired and are not purged' },
    json: { flags: '--json', help: 'print lines of JSON' },
  },
} as const;

/** What {@link KV_LIST} is called with. */
export type KvListArgs = ArgsOf<typeof KV_LIST>;

/** `cairn kv delete`. */
export const KV_DELETE = {
  name: 'kv delete',
  description: 'delete keys, as one commit; prints true or false for each: whether it was there',
  examples: [
    'cairn kv delete company.team greeting',
    'cairn kv delete company.team a b c --error-on-missing',
  ],
  arguments: {
    namespace: { form: '<namespace>', help: 'the namespace, such as company.team' },
    keys: { form: '<key...>', help: 'the keys' },
  },
  shared: ['kvRoot'],
  options: {
    errorOnMissing: { flags: '--error-on-missing', help: 'exit code 1 if one was not there' },
  },
} as const;

/** What {@link KV_DELETE} is called with. */
export type KvDeleteArgs = ArgsOf<typeof KV_DELETE>;

/** `cairn kv purge`. */
export const KV_PURGE = {
  name: 'kv purge',
  description: 'remove expired keys and what is left of deleted ones, or old revisions; prints how many',
  examples: [
    'cairn kv purge company.team',
    "cairn kv purge company.team --key-pattern 'temp-*' --all    # also keys that have not expired",
    'cairn kv purge company.team --keep-versions 2    # revisions; the newest two of each key stay',
    'cairn kv purge company.team --before 2026-01-01T00:00:00Z    # revisions; the newest of each key stays',
  ],
  arguments: { namespace: { form: '<namespace>', help: 'the namespace, such as company.team' } },
  shared: ['kvRoot'],
  options: {
    all: { flags: '--all', help: 'also keys that are there', conflicts: ['before', 'keepVersions'] },
    keyPattern: {
      flags: '--key-pattern <pattern>',
      takes: 'text',
      help: 'only keys that match: * is any text, ? one character',
    },
    before: {
      flags: '--before <time>',
      takes: 'text',
      help: 'revisions that were set before this time, such as 2026-01-01T00:00:00Z',
    },
    keepVersions: {
      flags: '--keep-versions <n>',
      takes: 'count',
      help: 'all revisions of each key but the newest n',
    },
  },
} as const;

/** What {@link KV_PURGE} is called with. */
export type KvPurgeArgs = ArgsOf<typeof KV_PURGE>;

/** `cairn kv history`. */
export const KV_HISTORY = {
  name: 'kv history',
  description: 'print the revisions of a key that are kept, the newest first',
  examples: ['cairn kv history company.team greeting', 'cairn kv history company.team greeting --json'],
  arguments: {
    namespace: { form: '<namespace>', help: 'the namespace, such as company.team' },
    key: { form: '<key>', help: 'the key' },
  },
  shared: ['kvRoot'],
  options: { json: { flags: '--json', help: 'print lines of JSON' } },
} as const;

/** What {@link KV_HISTORY} is called with. */
export type KvHistoryArgs = ArgsOf<typeof KV_HISTORY>;

/** `cairn kv render`. */
export const KV_RENDER = {
  name: 'kv render',
  description:
    "render a template: {{ kv('key') }}, {{ kv('key', 'namespace', false) }}, {{ json(kv('key')).field }}",
  examples: [
    'cairn kv render -n company.team -f app.conf.tmpl -o app.conf',
    'echo "port={{ kv(\'port\') }}" | cairn kv render -n company.team',
    'cairn kv render -n company.team -f app.conf.tmpl -o app.conf --watch -- nginx -s reload',
  ],
  arguments: {
    command: {
      form: '[command...]',
      help: 'run this after each rendering that changes the output; write it after --',
    },
  },
  shared: ['kvRoot'],
  options: {
    file: {
      flags: '-f, --file <template>',
      takes: 'text',
      help: 'the template; - is standard input (default: standard input)',
    },
    namespace: {
      flags: '-n, --namespace <namespace>',
      takes: 'text',
      help: 'where keys are whose call names no namespace; keys are inherited (default: each call must name one)',
    },
    output: {
      flags: '-o, --output <file>',
      takes: 'text',
      help: 'write this file, in one step (default: standard output)',
    },
    watch: {
      flags: '--watch',
      help: 'render again whenever the template or a value changes, until interrupted',
    },
  },
} as const;

/** What {@link KV_RENDER} is called with. */
export type KvRenderArgs = ArgsOf<typeof KV_RENDER>;

/** `cairn kv namespaces`. */
export const KV_NAMESPACES = {
  name: 'kv namespaces',
  description: 'print the namespaces, one a line',
  examples: ['cairn kv namespaces', 'cairn kv namespaces --prefix company. --root s3://bucket/kv'],
  arguments: {},
  shared: ['kvRoot'],
  options: {
    prefix: { flags: '--prefix <text>', takes: 'text', help: 'only those that begin like this' },
    json: { flags: '--json', help: 'print a JSON array' },
  },
} as const;

/** What {@link KV_NAMESPACES} is called with. */
export type KvNamespacesArgs = ArgsOf<typeof KV_NAMESPACES>;
