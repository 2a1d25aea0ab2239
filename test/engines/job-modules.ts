import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach } from 'vitest';
import { createStore, openStore } from '../../src/node/index.ts';
import { COMMAND, type ProcessOutcome, started } from '../support/built-command.ts';

/** A directory for each test, in which its commands work; all go at the end. */
export function workplace(): Workplace {
  const made: string[] = [];
  let number = 0;
  beforeEach(() => {
    made.push(mkdtempSync(join(tmpdir(), 'cairn-engines-')));
  });
  afterAll(() => {
    for (const directory of made) rmSync(directory, { recursive: true, force: true });
  });
  const at = (name: string): string => join(made[made.length - 1], name);
  return {
    at,
    module: (text) => {
      const file = at(`count-${number++}.mjs`);
      writeFileSync(file, text);
      return file;
    },
  };
}

/** Where a test works. */
export interface Workplace {
  at(name: string): string;
  /** Writes a job's module, and returns its path. */
  module(text: string): string;
}

/** Counts words, and before each line runs some code that sees `key` and the `arguments` of the job. */
export function wordCount(before = ''): string {
  return `
import * as fs from 'node:fs';
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export default {
  splits: 4,
  tasks: 3,
  options: { keyEncoding: 'utf8', valueEncoding: 'msgpack' },
  async map(key, line, emit, context) {
    const { dir } = context.arguments;
    ${before}
    context.counters.add('lines');
    for (const word of line.split(' ')) await emit(word, 1);
  },
  reduce: (word, counts, emit) => emit(word, counts.length),
};
`;
}

/** Makes a store of lines. */
export async function lines(uri: string, count = 400): Promise<string> {
  const writer = await createStore(uri, { keyEncoding: 'number', valueEncoding: 'utf8' });
  for (let i = 0; i < count; i++) await writer.put(i, `word${i % 7} word${i % 31} skewed w${i}`);
  await writer.close();
  return uri;
}

/** The id of what the job makes in this process. */
export async function plainId(module: string, input: string, output: string): Promise<string> {
  const { code, err } = await cairnProcess('run', module, '-i', input, '-o', output, '-q');
  if (code !== 0) throw new Error(err);
  return idOf(output);
}

export async function idOf(uri: string): Promise<string> {
  const store = await openStore(uri);
  await store.close();
  return store.info.id;
}

/** Runs the command as users do. */
export function cairnProcess(...words: string[]): Promise<ProcessOutcome> {
  return started(words, () => undefined);
}

/** The words that run the command. */
export const CAIRN: readonly string[] = [process.execPath, COMMAND];

/** Waits until something holds, for a minute at most. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited in vain until ${what}`);
}
