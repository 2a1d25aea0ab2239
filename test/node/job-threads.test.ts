import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
// The threads run what was built.
import * as library from 'cairnkv';
import * as built from 'cairnkv/batch';
import { beforeAll, describe, expect, it } from 'vitest';
import { createStore, openStore, sweepStores } from '../../src/node/index.ts';
import { allOf } from '../support/all-of.ts';
import { buildCommand } from '../support/built-command.ts';
import { directoryPerTest, fileWriter } from '../support/directory-per-test.ts';

const at = directoryPerTest();
const write = fileWriter(at);
const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/jobs/${name}`, import.meta.url));

/** Numbered lines in several partitions. */
async function lines(count = 200): Promise<string> {
  const uri = at('in');
  const writer = await createStore(uri, {
    keyEncoding: 'number',
    valueEncoding: 'utf8',
    partitionBytes: 2048,
  });
  for (let i = 0; i < count; i++) await writer.put(i, `word${i % 7} word${i % 31}`);
  await writer.close();
  return uri;
}

/** A job that counts words; `more` runs at the beginning of map. */
const counting = (more = ''): string => `
  import { existsSync, writeFileSync } from 'node:fs';
  import { isMainThread, threadId } from 'node:worker_threads';
  let leak = [];
  export default {
    splits: 4,
    tasks: 3,
    options: { keyEncoding: 'utf8', valueEncoding: 'msgpack' },
    async map(key, line, emit, context) {
      ${more}
      for (const word of line.split(' ')) await emit(word, 1);
    },
    reduce: (word, counts, emit) => emit(word, counts.length),
  };
`;

async function oracle(input: string): Promise<string> {
  const { default: job } = await import(pathToFileURL(write('oracle.mjs', counting())).href);
  return (await built.runJob(job, { input, output: `memory:oracle${input}` })).info.id;
}

describe('a job in threads', () => {
  beforeAll(() => buildCommand(), 60_000);

  it('makes the same store in this thread and in 1, 2 and 3 others', async () => {
    const input = await lines();
    const { info } = await openStore(input);
    const ids = new Set<string>();
    for (const workers of [1, 2, 3]) {
      const clone = await built.runJob(fixture('clone.mjs'), {
        input,
        output: at(`clone${workers}`),
        workers,
      });
      expect(clone.info.id).toBe(info.id);
      const output = at(`words${workers}`);
      const words = await built.runJob(write('job.mjs', counting()), { input, output, workers });
      ids.add(words.info.id);
      const left = await sweepStores(output, { olderThanMs: 0, dryRun: true });
      expect(left.filter(({ uri }) => uri.endsWith('.cairn'))).toEqual([]);
    }
    expect([...ids]).toEqual([await oracle(input)]);
  });

  it('imports the module once in each thread, and hands arguments on', async () => {
    const input = await lines();
    const job = counting(`context.counters.add(isMainThread ? 'main' : context.arguments.name + threadId);`);
    const { counters } = await built.runJob(pathToFileURL(write('job.mjs', job)), {
      input,
      output: at('out'),
      workers: 2,
      arguments: { name: 'thread' },
    });
    expect(Object.keys(counters).every((name) => /^thread\d+$/.test(name))).toBe(true);
    expect(Object.values(counters).reduce((a, b) => a + b)).toBe(200);
  });

  it.each([
    ['ends the process', 'process.exit(3);', /has ended: it has exited with the code 3/],
    [
      'throws an error where no one catches it',
      "setTimeout(() => { throw new Error('in a timer'); }); await new Promise(() => undefined);",
      /has ended: in a timer/,
    ],
    [
      'fills the memory',
      'for (;;) leak.push(Array.from({ length: 1000 }, () => ({ key })));',
      /has run out of memory/,
    ],
  ])(
    'goes on in another thread when map %s',
    async (_, code, message) => {
      const input = await lines();
      const mark = JSON.stringify(at('mark'));
      const job = counting(
        `if (key === 120 && !existsSync(${mark})) { writeFileSync(${mark}, ''); ${code} }`,
      );
      const events: built.JobEvent[] = [];
      const { info } = await built.runJob(write('job.mjs', job), {
        input,
        output: at('out'),
        workers: 2,
        memoryBytes: 1 << 20,
        onEvent: (event) => events.push(event),
      });
      expect(info.id).toBe(await oracle(input));
      const retries = events.filter(({ event }) => event === 'retry');
      expect(retries).toHaveLength(1);
      expect(retries[0]).toMatchObject({ stage: 'map', attempt: 1, error: { code: 'INVALID_ARGUMENT' } });
      expect((retries[0] as { error: Error }).error.message).toMatch(message);
    },
    30_000,
  );

  it('ends by the last error when each attempt fails, with the stack of the job and nothing visible', async () => {
    const input = await lines();
    const job = counting(`if (key === 42) throw Object.assign(new RangeError('bad line'), { code: 'E42' });`);
    const error: Error & { cause?: Error & { code?: string } } = await built
      .runJob(write('job.mjs', job), { input, output: at('out'), workers: 2, retries: 2 })
      .then(
        () => new Error('nothing'),
        (reason) => reason,
      );
    expect(error).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^map failed at the key 42 of split 0 of .*in: bad line$/),
      cause: { name: 'RangeError', code: 'E42', message: 'bad line' },
    });
    expect(error.cause?.stack).toMatch(/job\.mjs:\d+:\d+/);
    await expect(openStore(at('out'))).rejects.toMatchObject({ code: 'INCOMPLETE' });
    const data = await sweepStores(at('out'), { olderThanMs: 0, dryRun: true });
    expect(data.filter(({ uri }) => uri.endsWith('.cairn'))).toEqual([]);
  });

  it('is left by its signal, which the threads see, to be gone on with', async () => {
    const input = await lines();
    const mark = JSON.stringify(at('mark'));
    const waiting = at('waiting');
    const job = counting(`
      if (key === 60 && !existsSync(${mark})) {
        const told = new Promise((resolve) => context.signal.addEventListener('abort', resolve));
        writeFileSync(${JSON.stringify(waiting)}, '');
        await told;
        writeFileSync(${mark}, String(context.signal.reason.message));
      }
    `);
    const end = new AbortController();
    const output = at('out');
    // Some other task has ended, and this one waits for the signal.
    let ended = 0;
    const looking = setInterval(() => ended > 0 && existsSync(waiting) && end.abort(new Error('enough')), 5);
    const stopped = built.runJob(write('job.mjs', job), {
      input,
      output,
      workers: 2,
      signal: end.signal,
      onEvent({ event }) {
        if (event === 'task') ended++;
      },
    });
    await expect(stopped.finally(() => clearInterval(looking))).rejects.toThrow('enough');
    await expect(openStore(output)).rejects.toMatchObject({ code: 'INCOMPLETE' });
    const events: string[] = [];
    const { info } = await built.runJob(at('job.mjs'), {
      input,
      output,
      resume: true,
      onEvent: ({ event }) => events.push(event),
    });
    expect(info.id).toBe(await oracle(input));
    expect(events.length).toBeLessThan(7);
  });

  it('runs in this thread if its stores are in memory', async () => {
    const input = 'memory:threads-in';
    await library.createStore(input).put('a', 1).put('b', 2).close();
    const { counters } = await built.runJob(
      write(
        'job.mjs',
        `
        import { isMainThread } from 'node:worker_threads';
        export default {
          map(key, value, emit, { counters }) {
            counters.add(isMainThread ? 'main' : 'other');
            emit(key, value);
          },
        };
      `,
      ),
      { input, output: 'memory:threads-out', workers: 2 },
    );
    expect(counters).toEqual({ main: 2 });
    expect(await allOf(library.openStore('memory:threads-out').entries())).toHaveLength(2);
  });

  it.each([
    ['no module', 'throw new Error("no module")', /can't be loaded: no module/],
    ['no job', 'export const map = 1', /has no default export/],
    ['half a job', 'export default { map: 1 }', /map of a job must be a function/],
  ])('refuses %s', async (_, text, message) => {
    await expect(
      built.runJob(write('job.mjs', text), { input: await lines(), output: at('out') }),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) });
  });
});
