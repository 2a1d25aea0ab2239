import type { ArgsOf } from './command-usage.ts';

/** `cairn run`. */
export const RUN = {
  name: 'run',
  description: 'run a batch job: a module whose default export is what defineJob returns',
  examples: [
    'cairn run clone.mjs --input fruit --output fruit-again',
    'cairn run count.mjs --input monday --input tuesday --output words --arg least=2',
    'cairn run count.mjs --output words --resume    # goes on after a crash',
    'cairn run count.mjs -i lines -o words --engine slurm --sbatch=--partition=long',
    'cairn run count.mjs --engine bullmq --worker    # and, elsewhere: cairn run count.mjs -i lines -o words --engine bullmq',
  ],
  arguments: { module: { form: '<job>', help: 'the module, a file' } },
  options: {
    input: {
      flags: '-i, --input <store>',
      takes: 'texts',
      help: "a store to read (repeatable; default: the job's)",
    },
    output: { flags: '-o, --output <store>', takes: 'text', help: "the store to make (default: the job's)" },
    workers: {
      flags: '-w, --workers <n>',
      takes: 'count',
      help: 'how many tasks run at once, in threads (default: the number of cores)',
    },
    arg: {
      flags: '-a, --arg <name=value>',
      takes: 'texts',
      help: 'context.arguments of the job (repeatable)',
    },
    retries: {
      flags: '--retries <n>',
      takes: 'count',
      help: 'how often a failing task is attempted (default: 3)',
    },
    maxSkips: {
      flags: '--max-skips <n>',
      takes: 'count',
      help: 'how many entries a map task may skip because map fails (default: 0)',
    },
    memory: {
      flags: '--memory <size>',
      takes: 'size',
      help: 'memory of a worker for entries, such as 64MiB (default: 128MiB)',
    },
    engine: {
      flags: '-e, --engine <engine>',
      takes: 'engine',
      help: 'what runs the tasks: local, in threads; slurm, in arrays; bullmq, in processes with --worker (default: local)',
    },
    job: { flags: '-j, --job <name>', takes: 'text', help: 'the name of the job (default: a random one)' },
    task: {
      flags: '--task <task>',
      takes: 'text',
      help: 'run one task of a job that is planned, for launchers: map:0, reduce:0, or commit',
    },
    sbatch: {
      flags: '--sbatch <option>',
      takes: 'texts',
      help: 'slurm: an option for each script, such as --sbatch=--partition=long (repeatable)',
    },
    logs: {
      flags: '--logs <directory>',
      takes: 'text',
      help: 'slurm: where scripts and logs go, on all nodes (default: cairn- and the name of the job)',
    },
    dryRun: { flags: '--dry-run', help: 'slurm: print the scripts, and do nothing' },
    redis: {
      flags: '--redis <url>',
      takes: 'text',
      help: 'bullmq: where Redis is (default: REDIS_URL, or redis://127.0.0.1:6379)',
    },
    queue: {
      flags: '--queue <name>',
      takes: 'text',
      help: 'bullmq: the name of the queue (default: cairn- and the name of the module)',
    },
    worker: { flags: '--worker', help: 'bullmq: run tasks that others have submitted, until interrupted' },
    lock: {
      flags: '--lock <duration>',
      takes: 'duration',
      help: 'bullmq, with --worker: after this time without a sign of life, another worker runs the task (default: 30s)',
    },
    resume: { flags: '--resume', help: 'go on with the job that was begun at the output' },
    quiet: { flags: '-q, --quiet', help: 'no summary and no progress bar' },
    json: {
      flags: '--json',
      help: 'print a line of JSON for each task that ends or is tried again, and one for the store',
    },
  },
} as const;

/** What {@link RUN} is called with. */
export type RunArgs = ArgsOf<typeof RUN>;

/** `cairn splits`. */
export const SPLITS = {
  name: 'splits',
  description: 'divide the entries of stores into splits, and print a line of JSON for each',
  examples: ['cairn splits lines -n 8', 'cairn splits monday tuesday --bytes 256MiB > splits.jsonl'],
  arguments: { stores: { form: '<store...>', help: 'the stores, in the order of their splits' } },
  options: {
    splits: {
      flags: '-n, --splits <n>',
      takes: 'count',
      help: 'how many splits, over all stores (default: one for each partition)',
    },
    bytes: {
      flags: '--bytes <size>',
      takes: 'size',
      help: 'the size of a split, of uncompressed data, such as 256MiB',
      conflicts: ['splits'],
    },
  },
} as const;

/** What {@link SPLITS} is called with. */
export type SplitsArgs = ArgsOf<typeof SPLITS>;

/** `cairn read-split`. */
export const READ_SPLIT = {
  name: 'read-split',
  description: 'print the entries of splits, as scan does',
  examples: [
    'cairn splits lines -n 8 | sed -n 3p | cairn read-split',
    'cairn read-split "$(sed -n 3p splits.jsonl)" --json',
  ],
  arguments: {
    splits: { form: '[split...]', help: 'what cairn splits has printed (default: lines of standard input)' },
  },
  shared: ['keyFormat', 'printing'],
  options: { keys: { flags: '--keys', help: 'print the keys alone' } },
} as const;

/** What {@link READ_SPLIT} is called with. */
export type ReadSplitArgs = ArgsOf<typeof READ_SPLIT>;
