import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { type Job, Queue } from 'bullmq';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openStore, sweepStores } from '../../src/node/index.ts';
import { type ProcessOutcome, started } from '../support/built-command.ts';
import { freePorts } from '../support/daemons.ts';
import { CAIRN, cairnProcess, idOf, lines, plainId, until, wordCount, workplace } from './job-modules.ts';
import { type Redis, startRedis } from './redis.ts';

const { at, module } = workplace();
const workers: ChildProcess[] = [];
const queues: Queue[] = [];

let redis: Redis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis?.stop());
afterEach(async () => {
  for (const worker of workers.splice(0)) {
    worker.kill('SIGCONT');
    worker.kill('SIGKILL');
  }
  await Promise.all(queues.splice(0).map((queue) => queue.close()));
});

/** Starts processes that run tasks, whose silence is noticed after a second. */
function startWorkers(file: string, count: number): ChildProcess[] {
  const [node, ...words] = [
    ...CAIRN,
    'run',
    file,
    '--engine',
    'bullmq',
    '--worker',
    '--lock',
    '1s',
    '--redis',
    redis.url,
  ];
  const started = Array.from({ length: count }, () => spawn(node, words, { stdio: 'ignore' }));
  workers.push(...started);
  return started;
}

function argv(file: string, ...words: string[]): string[] {
  const where = ['-i', at('in'), '-o', at('out'), '--redis', redis.url, '-a', `dir=${at('')}`];
  return ['run', file, '--engine', 'bullmq', ...where, ...words];
}

function run(file: string, ...words: string[]): Promise<ProcessOutcome> {
  return cairnProcess(...argv(file, ...words));
}

/** The queue of a job's module, as a dashboard sees it. */
function queueOf(file: string): Queue {
  const name = `cairn-${file.split('/').at(-1)?.replace('.mjs', '')}`;
  const queue = new Queue(name, { connection: { url: redis.url } });
  queues.push(queue);
  return queue;
}

async function expectPlain(): Promise<void> {
  expect(await idOf(at('out'))).toBe(await plainId(module(wordCount()), at('in'), at('plain')));
}

/** One task notes its process, and waits until it may go on. */
const WAITING = `if (key === 0) {
  fs.writeFileSync(dir + '/begun/' + process.pid, '');
  while (!fs.existsSync(dir + '/go')) await sleep(50);
}`;

describe('cairn run --engine bullmq', () => {
  it('makes the store that a local run makes, and says what runs', async () => {
    const file = module(wordCount());
    const id = await plainId(file, await lines(at('in')), at('plain'));
    startWorkers(file, 2);
    const { code, err, out } = await run(file, '--json');
    expect([code, err]).toEqual([0, expect.stringMatching(/wrote 432 entries, .*lines: 400\n$/)]);
    expect(out).toContain(`"id":"${id}"`);
    expect(await idOf(at('out'))).toBe(id);
    const queue = queueOf(file);
    await until('all are completed', async () => (await queue.getCompletedCount()) === 9);
    const names = (await queue.getCompleted(0, 99)).map(({ name }: Job) => name).sort();
    expect(names).toEqual([
      'commit of out',
      'map 0 of 4 for out',
      'map 1 of 4 for out',
      'map 2 of 4 for out',
      'map 3 of 4 for out',
      'reduce 0 of 3 for out',
      'reduce 1 of 3 for out',
      'reduce 2 of 3 for out',
      'reduce of out: 3 tasks',
    ]);
  });

  it('runs a task elsewhere whose process is killed', async () => {
    mkdirSync(at('begun'));
    const file = module(wordCount(WAITING));
    await lines(at('in'));
    startWorkers(file, 2);
    const running = run(file);
    await until('the task has begun', () => readdirSync(at('begun')).length === 1);
    process.kill(Number(readdirSync(at('begun'))[0]), 'SIGKILL');
    await until('the task runs elsewhere', () => readdirSync(at('begun')).length === 2);
    writeFileSync(at('go'), '');
    const { code, err } = await running;
    expect([code, err]).toEqual([0, expect.stringContaining('lines: 400\n')]);
    await expectPlain();
  });

  it('takes one of two attempts, when a process was stopped that lives on', async () => {
    mkdirSync(at('begun'));
    const file = module(wordCount(WAITING));
    await lines(at('in'));
    startWorkers(file, 2);
    const running = run(file);
    await until('the task has begun', () => readdirSync(at('begun')).length === 1);
    const stopped = Number(readdirSync(at('begun'))[0]);
    process.kill(stopped, 'SIGSTOP');
    await until('the task runs elsewhere', () => readdirSync(at('begun')).length === 2);
    writeFileSync(at('go'), '');
    const { code, err } = await running;
    expect([code, err]).toEqual([0, expect.stringContaining('lines: 400\n')]);
    const id = await idOf(at('out'));
    process.kill(stopped, 'SIGCONT');
    // It writes its run, and finds that it came too late.
    const orphans = async (): Promise<string[]> =>
      (await sweepStores(at('out'), { olderThanMs: 0, dryRun: true }))
        .map(({ uri }) => uri)
        .filter((uri) => uri.endsWith('.cairn'));
    await until('the late attempt has removed its files', async () => (await orphans()).length === 0);
    expect(await idOf(at('out'))).toBe(id);
    await expectPlain();
  });

  it('waits while the queue is paused', async () => {
    const file = module(wordCount(`fs.writeFileSync(dir + '/begun', '');`));
    await lines(at('in'));
    const queue = queueOf(file);
    await queue.pause();
    startWorkers(file, 1);
    const running = run(file);
    await until('the tasks are there', async () => (await queue.count()) >= 4);
    expect(existsSync(at('begun'))).toBe(false);
    await queue.resume();
    expect(await running).toMatchObject({ code: 0 });
    await expectPlain();
  });

  it('reports what a task has failed with, after three attempts', async () => {
    mkdirSync(at('tries'));
    const file = module(
      wordCount(`if (key === 42) {
        fs.writeFileSync(dir + '/tries/' + context.attempt, '');
        throw new Error('no such line');
      }`),
    );
    await lines(at('in'));
    startWorkers(file, 2);
    const { code, err } = await run(file);
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/cairn: map failed at the key 42 of split 0 of .*: no such line\n$/),
    ]);
    expect(readdirSync(at('tries')).sort()).toEqual(['1', '2', '3']);
    await expect(openStore(at('out'))).rejects.toMatchObject({ code: 'INCOMPLETE' });
    expect(await cairnProcess('job', 'status', at('out'))).toMatchObject({
      out: expect.stringContaining('aborted'),
    });
  });

  it('gives a task up that kills its processes, and leaves a job to resume', async () => {
    const file = module(
      wordCount(`if (key === 42 && !fs.existsSync(dir + '/cured')) process.kill(process.pid, 'SIGKILL');`),
    );
    await lines(at('in'));
    startWorkers(file, 5);
    const { code, err } = await run(file);
    expect([code, err]).toEqual([
      4,
      expect.stringMatching(/BullMQ has ended map 0 of 4 for out: .*stalled.*--resume\n$/),
    ]);
    writeFileSync(at('cured'), '');
    expect(await run(file, '--resume')).toMatchObject({ code: 0 });
    await expectPlain();
  });

  it('refuses what others have put into the queue', async () => {
    const file = module(wordCount());
    await lines(at('in'));
    const queue = queueOf(file);
    const foreign = await queue.add('foreign', { to: 'someone' });
    const evil = await queue.add('evil', {
      output: at('out'),
      job: 'x',
      launch: 'x',
      arguments: {},
      step: 'task',
      task: 'map:0;',
    });
    startWorkers(file, 1);
    expect(await run(file)).toMatchObject({ code: 0 });
    await until('both have failed', async () => (await queue.getFailedCount()) === 2);
    for (const { id } of [foreign, evil]) {
      const job = (await queue.getJob(id as string)) as Job;
      expect(job.failedReason).toMatch(/^INVALID_ARGUMENT: /);
      expect(job.attemptsMade).toBe(1);
    }
    await expectPlain();
  });

  it('leaves a job to resume when the queue has lost it', async () => {
    const file = module(wordCount());
    await lines(at('in'));
    const queue = queueOf(file);
    const running = run(file);
    await until('the tasks are there', async () => (await queue.count()) >= 4);
    await queue.obliterate({ force: true });
    expect(await running).toMatchObject({
      code: 4,
      err: expect.stringMatching(
        /the queue cairn-count-\d+ has lost the job .* Go on with the job by --resume\n$/,
      ),
    });
    startWorkers(file, 1);
    expect(await run(file, '--resume')).toMatchObject({ code: 0 });
    await expectPlain();
  });

  it('leaves a job to resume when it is interrupted', async () => {
    mkdirSync(at('begun'));
    const file = module(wordCount(WAITING));
    await lines(at('in'));
    startWorkers(file, 1);
    const { code } = await started(argv(file), (child) => {
      void until('the task has begun', () => readdirSync(at('begun')).length === 1).then(() =>
        child.kill('SIGINT'),
      );
    });
    expect(code).toBe(130);
    await expect(openStore(at('out'))).rejects.toMatchObject({ code: 'INCOMPLETE' });
    writeFileSync(at('go'), '');
    expect(await run(file, '--resume')).toMatchObject({ code: 0 });
    await expectPlain();
  });

  it('ends a worker when it is interrupted, and gives its task back', async () => {
    mkdirSync(at('begun'));
    const file = module(wordCount(WAITING));
    await lines(at('in'));
    const [worker] = startWorkers(file, 1);
    const running = run(file);
    await until('the task has begun', () => readdirSync(at('begun')).length === 1);
    const ended = new Promise((resolve) => worker.once('exit', (code) => resolve(code)));
    worker.kill('SIGTERM');
    expect(await ended).toBe(143);
    writeFileSync(at('go'), '');
    startWorkers(file, 1);
    expect(await running).toMatchObject({ code: 0 });
    await expectPlain();
  });
});

describe('Redis that can not be used', () => {
  it.each(['', '--worker'])('is named when nothing answers %s', async (...words) => {
    await lines(at('in'));
    const [port] = await freePorts(1);
    const file = module(wordCount());
    const { code, err } = await run(
      file,
      '--redis',
      `redis://user:secret@127.0.0.1:${port}`,
      ...words.filter(Boolean),
    );
    expect([code, err]).toEqual([
      4,
      expect.stringMatching(
        new RegExp(`^cairn: no Redis .* redis://user:\\*\\*\\*@127.0.0.1:${port}: .*ECONNREFUSED`),
      ),
    ]);
    expect(err).not.toContain('secret');
  });

  it('is refused when it is too old', async () => {
    await lines(at('in'));
    const server = await oldRedis();
    const { port } = server.address() as { port: number };
    const { code, err } = await run(module(wordCount()), '--redis', `redis://127.0.0.1:${port}`);
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/^cairn: the Redis at .* can't be used: .*version/i),
    ]);
    server.close();
  });

  it.each([
    [['--redis', 'http://127.0.0.1'], /redis must be a URL such as redis:/],
    [['--sbatch=--mem=1G'], /--sbatch belongs to --engine slurm/],
    [['--dry-run'], /--dry-run belongs to --engine slurm/],
  ])('%j', async (words, message) => {
    await lines(at('in'));
    expect(await run(module(wordCount()), ...words)).toMatchObject({
      code: 2,
      err: expect.stringMatching(message),
    });
  });
});

/** Says that it is Redis 4, to whatever it is asked. */
async function oldRedis(): Promise<Server> {
  const info = 'redis_version:4.0.14\r\nmaxmemory_policy:noeviction\r\n';
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      for (const [command] of bytes.toString().matchAll(/^(?:info|client|hello|auth|select|ping)$/gim))
        socket.write(/info/i.test(command) ? `$${info.length}\r\n${info}\r\n` : '+OK\r\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
