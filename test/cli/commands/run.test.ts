import { describe, expect, it } from 'vitest';
import { createStore, openStore } from '../../../src/node/index.ts';
import { directoryPerTest, fileWriter } from '../../support/directory-per-test.ts';
import { cairn } from '../../support/run-cairn.ts';

const at = directoryPerTest();
const write = fileWriter(at);

const CLONE = 'export default { map: (key, value, emit) => emit(key, value) };';

async function input(): Promise<string> {
  const uri = at('in');
  await createStore(uri).put('a', 1).put('b', 2).close();
  return uri;
}

describe('cairn run', () => {
  it('runs a module over the stores that are named', async () => {
    const { id } = (await openStore(await input())).info;
    const argv = ['run', write('job.mjs', CLONE), '-i', at('in'), '-o', at('out')];
    const { code, err } = await cairn(argv);
    expect([code, err]).toEqual([0, expect.stringMatching(/^wrote 2 entries, .* in 1 partition, /)]);
    expect((await openStore(at('out'))).info.id).toBe(id);
    expect((await cairn(argv)).code).toBe(2);
  });

  it('prints lines of JSON, and hands on arguments', async () => {
    await input();
    const job = `export default {
      map(key, value, emit, { arguments: { times }, counters }) {
        counters.add('mapped');
        emit(key, value * Number(times));
      },
      reduce: (key, [value], emit) => emit(key, value),
    };`;
    const argv = [
      'run',
      write('job.mjs', job),
      '-i',
      at('in'),
      '-o',
      at('out'),
      '-a',
      'times=5',
      '-q',
      '--json',
    ];
    const { code, out, err } = await cairn(argv);
    expect([code, err]).toEqual([0, '']);
    const events = out
      .trim()
      .split('\n')
      .map((line: string) => JSON.parse(line) as { readonly event: string });
    expect(events.at(-1)).toMatchObject({ event: 'store', count: 2, counters: { mapped: 2 } });
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'task', stage: 'reduce', done: 2, total: 2, entries: 2 }),
    );
    expect(await openStore<string, number>(at('out')).get('b')).toBe(10);
  });

  it.each([
    ['a module that is missing', undefined, [], /can't be loaded/],
    ['a module without a job', 'export const map = 1;', [], /has no default export/],
    ['no output', CLONE, [], /output must say/],
    ['an argument without a name', CLONE, ['-a', '=5'], /write name=value, not =5/],
    [
      'a job that throws',
      'export default { map() { throw new Error("bad"); } };',
      ['-o', 'x'],
      /map failed at the key "a"/,
    ],
  ])('refuses %s', async (_, text, more, message) => {
    await input();
    const file = text === undefined ? at('none.mjs') : write('job.mjs', text);
    const given = more.map((word) => (word === 'x' ? at('out') : word));
    const { code, err } = await cairn(['run', file, '-i', at('in'), ...given]);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
  });
});
