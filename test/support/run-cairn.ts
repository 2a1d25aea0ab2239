import { Readable, Writable } from 'node:stream';
import { runCairn } from '../../src/cli/program.ts';
import type { Io } from '../../src/cli/terminal/io.ts';

/** The names of all commands. */
export const COMMANDS: readonly string[] = [
  'import',
  'export',
  'get',
  'floor',
  'ceiling',
  'first',
  'last',
  'rank',
  'at',
  'sample',
  'scan',
  'count',
  'info',
  'verify',
  'inspect',
  'diff',
  'merge',
  'copy',
  'salvage',
  'rename',
  'delete',
  'list',
  'sweep',
  'test',
  'set',
  'unset',
  'apply',
  'compact',
  'history',
  'revert',
  'produce',
  'consume',
  'run',
  'splits',
  'read-split',
  'serve',
  'completion',
];

/** The names of all commands that consist of two words. */
export const GROUPED_COMMANDS: readonly string[] = [
  'job plan',
  'job task',
  'job status',
  'job commit',
  'job abort',
  'kv set',
  'kv get',
  'kv keys',
  'kv list',
  'kv delete',
  'kv purge',
  'kv history',
  'kv render',
  'kv namespaces',
  'job template',
  'table create',
  'table drop',
  'table list',
  'table info',
  'table alter',
  'table upsert',
  'table append',
  'table delete',
  'table lookup',
  'table scan',
  'table records',
];

/** What a command line left behind. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly outBytes: Uint8Array;
}

/** The world of a command, where it isn't the usual one. */
export interface World {
  readonly stdin?: string | Uint8Array | Readable;
  readonly terminal?: boolean;
  readonly stdout?: Writable;
  readonly signal?: AbortSignal;
  readonly now?: () => number;
  readonly env?: Io['env'];
}

/** Runs a command line in this process. */
export async function cairn(argv: readonly string[], world: World = {}): Promise<Outcome> {
  const out = collector();
  const err = collector();
  const {
    stdin = '',
    terminal = false,
    signal = new AbortController().signal,
    now = () => 0,
    env = {},
  } = world;
  const io: Io = {
    stdin: stdin instanceof Readable ? stdin : Readable.from([Buffer.from(stdin)]),
    stdout: Object.assign(world.stdout ?? out.stream, { isTTY: terminal }),
    stderr: Object.assign(err.stream, { isTTY: terminal }),
    env,
    now,
    interrupts: () => signal,
  };
  const code = await runCairn(argv, io);
  return { code, out: out.text(), err: err.text(), outBytes: out.bytes() };
}

/** Runs a command line that must succeed. */
export async function must(argv: readonly string[], world: World = {}): Promise<Outcome> {
  const outcome = await cairn(argv, world);
  if (outcome.code !== 0) throw new Error(`cairn ${argv.join(' ')}: ${outcome.code} ${outcome.err}`);
  return outcome;
}

interface Collector {
  readonly stream: Writable;
  bytes(): Uint8Array;
  text(): string;
}

function collector(): Collector {
  const pieces: Buffer[] = [];
  const stream = new Writable({
    write(piece: Buffer, _encoding, done) {
      pieces.push(Buffer.from(piece));
      done();
    },
  });
  return {
    stream,
    bytes: () => new Uint8Array(Buffer.concat(pieces)),
    text: () => Buffer.concat(pieces).toString('utf8'),
  };
}
