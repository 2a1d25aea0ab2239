import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { CairnError, invalidArgument, isCairnError } from '../../errors.ts';
import { MissingKey } from '../../namespace/template-values.ts';
import { type Namespaces, renderTemplate } from '../../node/namespace.ts';
import { openKv } from '../stores/open-namespaces.ts';
import { EXIT, messageOf } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { readText } from '../terminal/read-text.ts';
import { replaceFile } from '../terminal/replace-file.ts';
import type { KvRenderArgs } from '../usage/namespaces.ts';

/** How often --watch looks for changes, in milliseconds. */
const WATCH_MS = 1000;

/** Renders a template from namespaces, once or whenever something changes, and runs a command after it. */
export async function runKvRender(args: KvRenderArgs, io: Io): Promise<number> {
  const { file = '-', watch = false } = args;
  if (watch && file === '-')
    throw invalidArgument('file', '--watch needs a template in a file: name it with -f');
  const signal = io.interrupts();
  await using namespaces = await openKv(args, io, {
    readOnly: true,
    refreshMs: watch ? WATCH_MS / 2 : undefined,
  });
  if (!watch) {
    try {
      await write(await render(namespaces, args, io), args, io);
    } catch (error) {
      if (!isCairnError(error) || !(error.cause instanceof MissingKey)) throw error;
      io.stderr.write(`cairn: ${messageOf(error)}\n`);
      return EXIT.absent;
    }
    return run(args, io, signal);
  }
  let before: string | undefined;
  let failure: string | undefined;
  for (;;) {
    signal.throwIfAborted();
    try {
      const text = await render(namespaces, args, io);
      failure = undefined;
      if (text !== before) {
        await write(text, args, io);
        before = text;
        const code = await run(args, io, signal);
        if (code !== EXIT.ok) io.stderr.write(`cairn: the command ended with exit code ${code}\n`);
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!isCairnError(error)) throw error;
      // What is missing may be set later: the output stays unchanged, and each problem is reported once.
      const message = messageOf(error);
      if (message !== failure) io.stderr.write(`cairn: ${message}; waiting for a change\n`);
      failure = message;
    }
    await pause(WATCH_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

async function render(
  namespaces: Namespaces,
  { file = '-', namespace }: KvRenderArgs,
  io: Io,
): Promise<string> {
  const text = await readText(file, io);
  return renderTemplate(text, { namespaces, namespace, file: file === '-' ? 'standard input' : file });
}

async function write(text: string, { output: file }: KvRenderArgs, io: Io): Promise<void> {
  if (file !== undefined) return replaceFile(file, text);
  const output = new Output(io.stdout);
  await output.write(text);
  await output.finish();
}

/** Runs the command, if there is one, and resolves with its exit code. An interruption ends it. */
async function run({ command = [] }: KvRenderArgs, io: Io, signal: AbortSignal): Promise<number> {
  const [program, ...words] = command;
  if (program === undefined) return EXIT.ok;
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.pipe(io.stdout, { end: false });
  child.stderr.pipe(io.stderr, { end: false });
  const end = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  try {
    return await new Promise<number>((resolve, reject) => {
      child.on('error', (error) =>
        reject(
          new CairnError('IO', `${program} can't be run: ${error.message}`, {
            operation: 'spawn',
            cause: error,
          }),
        ),
      );
      child.on('close', (code) => resolve(code ?? EXIT.io));
    });
  } finally {
    signal.removeEventListener('abort', end);
    signal.throwIfAborted();
  }
}
