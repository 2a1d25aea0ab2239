import type { ArgsOf } from './command-usage.ts';

/** `cairn info`. */
export const INFO = {
  name: 'info',
  description: 'print the description of a store or collection',
  examples: ['cairn info fruit', 'cairn info fruit --json | jq .count'],
  arguments: {
    store: { form: '<store>', help: 'the store or collection, or a single partition file', isStore: true },
  },
  shared: ['keyFormat'],
  options: { json: { flags: '--json', help: 'print JSON' } },
} as const;

/** What {@link INFO} is called with. */
export type InfoArgs = ArgsOf<typeof INFO>;

/** `cairn rename`. */
export const RENAME = {
  name: 'rename',
  description: 'move a store to another path',
  examples: ['cairn rename fruit archive/fruit', 'cairn rename next live --replace'],
  arguments: {
    from: { form: '<from>', help: 'the store', isStore: true },
    to: {
      form: '<to>',
      help: 'a path that does not exist, or with --replace that of a store',
      isStore: true,
    },
  },
  options: {
    replace: { flags: '--replace', help: 'take the place of the store that is at <to>, in one step' },
  },
} as const;

/** What {@link RENAME} is called with. */
export type RenameArgs = ArgsOf<typeof RENAME>;

/** `cairn delete`. */
export const DELETE = {
  name: 'delete',
  description: 'remove a store, complete or not, or a collection',
  examples: ['cairn delete fruit'],
  arguments: { store: { form: '<store>', help: 'the store or collection', isStore: true } },
  options: {},
} as const;

/** What {@link DELETE} is called with. */
export type DeleteArgs = ArgsOf<typeof DELETE>;

/** `cairn list`. */
export const LIST = {
  name: 'list',
  description: 'print the complete stores and the collections directly below a directory',
  examples: [
    'cairn list .',
    'cairn list /data --json',
    'cairn list http://127.0.0.1:8080    # what cairn serve has',
  ],
  arguments: { root: { form: '<root>', help: 'the directory, or the URL of a cairn serve' } },
  options: { json: { flags: '--json', help: 'print lines of JSON' } },
} as const;

/** What {@link LIST} is called with. */
export type ListArgs = ArgsOf<typeof LIST>;

/** `cairn sweep`. */
export const SWEEP = {
  name: 'sweep',
  description:
    'remove orphan files of crashed writers in a store or collection, or in those directly below a directory',
  examples: ['cairn sweep /data --dry-run', 'cairn sweep /data --older-than 2h'],
  arguments: { root: { form: '<root>', help: 'the store, collection or directory' } },
  options: {
    olderThan: {
      flags: '--older-than <duration>',
      takes: 'duration',
      help: 'keep younger files: 30m, 2h, 1d, or 0 for none (default: 1d)',
    },
    dryRun: { flags: '--dry-run', help: 'only print what would be removed' },
    quiet: { flags: '-q, --quiet', help: 'no summary' },
    json: { flags: '--json', help: 'print lines of JSON' },
  },
} as const;

/** What {@link SWEEP} is called with. */
export type SweepArgs = ArgsOf<typeof SWEEP>;

/** `cairn completion`. */
export const COMPLETION = {
  name: 'completion',
  description: 'print a script that completes commands and options in a shell',
  examples: [
    'source <(cairn completion bash)',
    'cairn completion fish > ~/.config/fish/completions/cairn.fish',
    'cairn completion powershell | Out-String | Invoke-Expression',
  ],
  arguments: { shell: { form: '<shell>', takes: 'shell', help: 'the shell' } },
  options: {},
} as const;
