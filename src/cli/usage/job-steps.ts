import type { ArgsOf } from './command-usage.ts';

/** `cairn job plan`. */
export const JOB_PLAN = {
  name: 'job plan',
  description: 'begin a job that writes a store by many tasks, and print its name',
  examples: [
    'cairn job plan words --job nightly --tasks 8',
    'cairn job plan words --job nightly --input lines --splits 8 --sort    # a task for each split',
  ],
  arguments: { output: { form: '<output>', help: 'the store to make: a path or URI that does not exist' } },
  shared: ['writing'],
  options: {
    job: {
      flags: '-j, --job <name>',
      takes: 'text',
      help: 'the name of the job; the same plan again is no error (default: a random one)',
    },
    tasks: {
      flags: '-t, --tasks <n>',
      takes: 'count',
      help: 'how many tasks write the store (default: one for each split)',
    },
    input: {
      flags: '-i, --input <store>',
      takes: 'texts',
      help: 'keep the splits of this store in the plan (repeatable)',
    },
    splits: {
      flags: '-n, --splits <n>',
      takes: 'count',
      help: 'how many splits the input has (default: one for each partition)',
    },
    keyEncoding: {
      flags: '--key-encoding <encoding>',
      takes: 'keyEncoding',
      help: 'how the store keeps keys (default: utf8)',
    },
    valueEncoding: {
      flags: '--value-encoding <encoding>',
      takes: 'valueEncoding',
      help: 'how the store keeps values (default: utf8)',
    },
    sort: { flags: '--sort', help: 'let the entries of a task come in any order' },
    onDuplicate: {
      flags: '--on-duplicate <rule>',
      takes: 'onDuplicate',
      help: 'which entry of equal keys within a task to keep; error refuses equal keys (default: error)',
    },
    onOverlap: {
      flags: '--on-overlap <rule>',
      takes: 'onOverlap',
      help: 'what the commit does if the keys of two tasks overlap: error, or merge them (default: error)',
    },
    json: { flags: '--json', help: 'print the plan as JSON' },
  },
} as const;

/** What {@link JOB_PLAN} is called with. */
export type JobPlanArgs = ArgsOf<typeof JOB_PLAN>;

/** `cairn job task`. */
export const JOB_TASK = {
  name: 'job task',
  description: 'write the entries of one task of a job, as import reads them',
  examples: [
    'cairn job task words --job nightly --task 3 -f part3.tsv',
    'produce 3 | cairn job task words --job nightly --task 3 --format jsonl',
  ],
  arguments: { output: { form: '<output>', help: 'the store that the job makes' } },
  shared: ['format', 'reading'],
  options: {
    job: { flags: '-j, --job <name>', takes: 'text', help: 'the name of the job' },
    task: { flags: '-t, --task <n>', takes: 'count', help: 'the number of the task, from 0' },
    sort: { flags: '--sort', help: "sort the entries of this task, whatever the job's plan says" },
    quiet: { flags: '-q, --quiet', help: 'no summary and no progress bar' },
    json: { flags: '--json', help: 'print what the task has written as JSON' },
  },
} as const;

/** What {@link JOB_TASK} is called with. */
export type JobTaskArgs = ArgsOf<typeof JOB_TASK>;

/** `cairn job status`. */
export const JOB_STATUS = {
  name: 'job status',
  description: 'print how far the jobs of an output are',
  examples: ['cairn job status words', 'cairn job status words --job nightly --json | jq .committed'],
  arguments: { output: { form: '<output>', help: 'the store that the job makes' } },
  options: {
    job: { flags: '-j, --job <name>', takes: 'text', help: 'only this job (default: all)' },
    json: { flags: '--json', help: 'print lines of JSON' },
  },
} as const;

/** What {@link JOB_STATUS} is called with. */
export type JobStatusArgs = ArgsOf<typeof JOB_STATUS>;

/** `cairn job commit`. */
export const JOB_COMMIT = {
  name: 'job commit',
  description: 'make the store of what the tasks of a job have written, in one step',
  examples: ['cairn job commit words --job nightly'],
  arguments: { output: { form: '<output>', help: 'the store that the job makes' } },
  options: {
    job: { flags: '-j, --job <name>', takes: 'text', help: 'the name of the job' },
    quiet: { flags: '-q, --quiet', help: 'no summary' },
    json: { flags: '--json', help: 'print the description of the store as JSON' },
  },
} as const;

/** What {@link JOB_COMMIT} is called with. */
export type JobCommitArgs = ArgsOf<typeof JOB_COMMIT>;

/** `cairn job abort`. */
export const JOB_ABORT = {
  name: 'job abort',
  description: 'end a job without a store, and remove what its tasks have written',
  examples: ['cairn job abort words --job nightly'],
  arguments: { output: { form: '<output>', help: 'the store that the job makes' } },
  options: { job: { flags: '-j, --job <name>', takes: 'text', help: 'the name of the job' } },
} as const;

/** What {@link JOB_ABORT} is called with. */
export type JobAbortArgs = ArgsOf<typeof JOB_ABORT>;

/** `cairn job template`. */
export const JOB_TEMPLATE = {
  name: 'job template',
  description: 'plan a job, and print what runs its tasks on Kubernetes or AWS Batch',
  examples: [
    'cairn job template kubernetes count.mjs -i s3://b/lines -o s3://b/words -j nightly --image registry/count > job.yaml',
    'cairn job template aws-batch count.mjs -i s3://b/lines -o s3://b/words -j nightly > submit.sh',
  ],
  arguments: {
    kind: { form: '<kind>', takes: 'template', help: 'what is to run the tasks' },
    module: {
      form: '<job>',
      help: 'the module: here to be loaded, and in the containers under the same path',
    },
  },
  options: {
    input: {
      flags: '-i, --input <store>',
      takes: 'texts',
      help: "a store to read (repeatable; default: the job's)",
    },
    output: { flags: '-o, --output <store>', takes: 'text', help: "the store to make (default: the job's)" },
    job: { flags: '-j, --job <name>', takes: 'text', help: 'the name of the job (default: a random one)' },
    arg: {
      flags: '-a, --arg <name=value>',
      takes: 'texts',
      help: 'context.arguments of the job (repeatable)',
    },
    workers: {
      flags: '-w, --workers <n>',
      takes: 'count',
      help: 'kubernetes: how many tasks run at once (default: all)',
    },
    image: { flags: '--image <image>', takes: 'text', help: 'kubernetes: the image of the containers' },
  },
} as const;

/** What {@link JOB_TEMPLATE} is called with. */
export type JobTemplateArgs = ArgsOf<typeof JOB_TEMPLATE>;
